import type { ReplayView } from "@/api/schema.gen";
import { UNKNOWN, countText } from "@/lib/numbers";

type Progress = Pick<ReplayView, "state" | "matched" | "replayed" | "pace">;

/**
 * How far a replay is, from 0 to 1. Nothing when nobody knows how many there are: they were counted up
 * to a limit, or not at all.
 */
export function shareOf({ state, matched, replayed }: Progress): number | undefined {
  if (state === "done") return 1;
  if (matched.more) return undefined;
  return matched.count === 0 ? 0 : Math.min(1, replayed / matched.count);
}

/** `120 of 300`, `120 of 100,000+`, `120 of unknown`. */
export function progressText({ matched, replayed }: Progress): string {
  const uncounted = matched.count === 0 && matched.more;
  return `${countText(replayed)} of ${uncounted ? UNKNOWN : countText(matched)}`;
}

/** How many seconds the rest takes at the pace it has, at the least. */
export function secondsLeft({ state, matched, replayed, pace }: Progress): number | undefined {
  if (state !== "running" || matched.more || pace === 0) return undefined;
  return Math.max(0, matched.count - replayed) / pace;
}
