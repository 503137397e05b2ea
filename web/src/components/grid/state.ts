/** A column in the order of a list. */
export interface Sort {
  id: string;
  desc: boolean;
}

export const PAGE_SIZES = [10, 20, 50, 100] as const;
export const DEFAULT_PAGE_SIZE = 20;

/** How one likes to see a grid: kept in the browser, per grid. */
export interface Preferences {
  sort?: Sort[];
  pageSize?: number;
  hidden?: string[];
}

/** Whether this is what was kept; anything else is thrown away. */
export function isPreferences(value: unknown): value is Preferences {
  if (typeof value !== "object" || value === null) return false;
  const { sort, pageSize, hidden } = value as Record<string, unknown>;
  return (
    (sort === undefined || (Array.isArray(sort) && sort.every(isSort))) &&
    (pageSize === undefined || (PAGE_SIZES as readonly unknown[]).includes(pageSize)) &&
    (hidden === undefined ||
      (Array.isArray(hidden) && hidden.every((column) => typeof column === "string")))
  );
}

function isSort(value: unknown): value is Sort {
  if (typeof value !== "object" || value === null) return false;
  const { id, desc } = value as Record<string, unknown>;
  return typeof id === "string" && typeof desc === "boolean";
}

/** The order as the api takes it: `uri,-createdAt`. Nothing when it is empty. */
export function sortParameter(sort: readonly Sort[]): string | undefined {
  if (sort.length === 0) return undefined;
  return sort.map(({ id, desc }) => (desc ? `-${id}` : id)).join(",");
}

/** Keeps of an order what the columns of today can be sorted by. */
export function possibleSort(sort: readonly Sort[], sortable: readonly string[], most: number) {
  return sort.filter(({ id }) => sortable.includes(id)).slice(0, most);
}

/**
 * The order after a click on a heading: this column alone, its direction turned if it was in the
 * order; with `add` beside the others, and out of it at the third click.
 */
export function toggleSort(sort: readonly Sort[], id: string, add: boolean, most: number): Sort[] {
  const present = sort.find((entry) => entry.id === id);
  if (!add)
    return [{ id, desc: present !== undefined && sort.length === 1 ? !present.desc : false }];
  if (present === undefined) return [...sort.slice(0, most - 1), { id, desc: false }];
  if (!present.desc) return sort.map((entry) => (entry.id === id ? { id, desc: true } : entry));
  return sort.length === 1 ? [{ id, desc: false }] : sort.filter((entry) => entry.id !== id);
}

/** Where one is in a list of pages that only know the next one: the cursors of the pages before. */
export interface Place {
  /** What the place belongs to: another search or order begins at the first page. */
  of: string;
  cursors: readonly string[];
}

/** The place for a question; the first page when the question is another one. */
export function placeFor(place: Place, of: string): Place {
  return place.of === of ? place : { of, cursors: [] };
}
