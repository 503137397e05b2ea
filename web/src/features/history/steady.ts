/** Rows that somebody reads, and what has come since. */
export interface Steady<Row> {
  rows: Row[];
  /** How many are new and not shown. */
  fresh: number;
  /** Whether there may be more of them than were counted. */
  more: boolean;
}

/** What the news say of a row that is not in the newest answer any more. */
export type Patch<Row> = (row: Row) => Row;

/**
 * Keeps rows where they are while somebody reads them: those that changed change in place, and those
 * that are new are only counted.
 *
 * `newest` is the newest page. A row that it does not have (any more) stays, as `patch` knows it.
 */
export function hold<Row>(
  shown: readonly Row[],
  newest: readonly Row[],
  idOf: (row: Row) => string,
  patch: Patch<Row>,
): Steady<Row> {
  const byId = new Map(newest.map((row) => [idOf(row), row]));
  const known = new Set(shown.map(idOf));
  const { fresh, more } = countNew(known, newest.map(idOf));
  return { rows: shown.map((row) => byId.get(idOf(row)) ?? patch(row)), fresh, more };
}

/**
 * How many are before the first one that is known. With none known among them there may be more.
 */
export function countNew(
  known: ReadonlySet<string>,
  newest: readonly string[],
): { fresh: number; more: boolean } {
  const first = newest.findIndex((id) => known.has(id));
  if (first >= 0) return { fresh: first, more: false };
  return { fresh: newest.length, more: newest.length > 0 && known.size > 0 };
}

/** `12 new`, `20+ new`. */
export function newText({ fresh, more }: { fresh: number; more: boolean }): string {
  return `${fresh}${more ? "+" : ""} new`;
}
