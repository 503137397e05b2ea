import { exactTime } from "@/lib/time";

/** A span of time as addresses have it: the last so long, or from and to. */
export interface TimeRange {
  last?: string;
  from?: string;
  to?: string;
}

const MINUTE_MS = 60_000;

/** The spans that one chooses from. */
export const LAST: Record<string, { label: string; milliseconds: number }> = {
  "15m": { label: "Last 15 minutes", milliseconds: 15 * MINUTE_MS },
  "1h": { label: "Last hour", milliseconds: 60 * MINUTE_MS },
  "24h": { label: "Last 24 hours", milliseconds: 24 * 60 * MINUTE_MS },
  "7d": { label: "Last 7 days", milliseconds: 7 * 24 * 60 * MINUTE_MS },
};

/** The moments that the api is asked with. */
export function moments(range: TimeRange, now: Date): { from?: string; to?: string } {
  const span = spanOf(range);
  if (span !== undefined)
    return { from: new Date(now.getTime() - span.milliseconds).toISOString() };
  return {
    ...(range.from !== undefined && { from: range.from }),
    ...(range.to !== undefined && { to: range.to }),
  };
}

/** The span in words. */
export function rangeText(range: TimeRange): string | undefined {
  const span = spanOf(range);
  if (span !== undefined) return span.label;
  const from = minuteText(range.from);
  const to = minuteText(range.to);
  if (from !== undefined && to !== undefined) return `${from} – ${to}`;
  if (from !== undefined) return `Since ${from}`;
  return to === undefined ? undefined : `Before ${to}`;
}

/** What an address says may be anything, the name of an inherited member included. */
function spanOf({ last }: TimeRange) {
  return last !== undefined && Object.hasOwn(LAST, last) ? LAST[last] : undefined;
}

function minuteText(moment: string | undefined): string | undefined {
  if (moment === undefined) return undefined;
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? moment : exactTime(at).slice(0, 16);
}

/** A moment as a field for local time takes it; nothing for what is none. */
export function toField(moment: string | undefined): string {
  if (moment === undefined) return "";
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? "" : exactTime(at).replace(" ", "T");
}

/** The moment that a field for local time has. */
export function fromField(local: string): string | undefined {
  if (local === "") return undefined;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
