import type { Overview, OverviewBucket, OverviewNow } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";
import { countText, percentText, things } from "@/lib/numbers";
import { span } from "./span";

/** Something that an operator should know, and where to look at it. */
export interface Finding {
  tone: Tone;
  text: string;
  to?: string;
}

/** The limits are those of the alarms in the operator's manual. */
const OVERDUE_MS = 60_000;
const MANY_UNDISPATCHED = 1_000;
const MANY_HELD = 1_000;
const GOOD_SUCCESS_RATE = 0.9;
/** Roles write down what they counted every ten seconds: three minutes of nothing is no delay. */
const SILENT_BUCKETS = 3;

/**
 * What there is to say about the last hour, the worst first; never empty.
 *
 * What nobody knows is said to be unknown: silence is no good news.
 */
export function findings(hour: Overview): Finding[] {
  const { now, buckets } = hour;
  if (nothingKnown(hour)) {
    return [{ tone: "off", text: "Nothing is known yet. The first figures come within a minute." }];
  }
  const found = [
    ...silence(buckets),
    ...lateness(hour),
    ...receivers(now),
    ...losses(hour),
    ...gaps(now),
  ];
  if (found.length > 0) return found;
  if (total(buckets, "events") === 0) {
    return [
      { tone: "ok", text: "All is quiet: there was no event in the last hour.", to: "/events/new" },
    ];
  }
  return [{ tone: "ok", text: "All is well: nothing is late, and no receiver is left alone." }];
}

function nothingKnown({ now, buckets }: Overview): boolean {
  return (
    now.sampledAt === null &&
    buckets.every(({ events, attempts }) => events === null && attempts === null)
  );
}

/** Parts that should count and do not. */
function silence(buckets: readonly OverviewBucket[]): Finding[] {
  const counted = buckets.findLastIndex(({ attempts }) => attempts !== null);
  const silent = buckets.length - 1 - counted;
  if (silent < SILENT_BUCKETS) return [];
  const since = counted < 0 ? "in the last hour" : `for ${silent} minutes`;
  return [
    { tone: "bad", text: `No worker has reported ${since}: nothing is sent while none runs.` },
  ];
}

function lateness({ at, now }: Overview): Finding[] {
  if (now.wanted === null) {
    const looked =
      now.sampledAt === null
        ? "no dispatcher has looked"
        : `a dispatcher last looked ${span(Date.parse(at) - Date.parse(now.sampledAt))} ago`;
    return [{ tone: "bad", text: `What waits is not known: ${looked}. Check that one runs.` }];
  }
  const found: Finding[] = [];
  const age = oldestDueAge(now);
  if (age !== null && age > OVERDUE_MS) {
    found.push({
      tone: "bad",
      text: `Deliveries are late: the oldest has been due for ${span(age)}.`,
      to: "/deliveries?state=pending",
    });
  }
  if (now.undispatched !== null && now.undispatched.count > MANY_UNDISPATCHED) {
    found.push({
      tone: "bad",
      text: `${countText(now.undispatched)} events wait to become deliveries. Check the dispatchers.`,
      to: "/events",
    });
  }
  return found;
}

function receivers(now: OverviewNow): Finding[] {
  const found: Finding[] = [];
  const { openBreakers: open, held, successRate } = now;
  if (open !== null && open.count > 0) {
    const are = open.count === 1 && !open.more ? "is" : "are";
    found.push({
      tone: "wait",
      text: `${things(open, "receiver", "receivers")} ${are} left alone after failing too often.`,
      to: "/deliveries?state=held&holdReason=breaker",
    });
  }
  if (successRate !== null && successRate < GOOD_SUCCESS_RATE) {
    found.push({
      tone: "wait",
      text: `Only ${percentText(roundedDown(successRate))} of the attempts of the last five minutes succeeded.`,
      to: "/deliveries",
    });
  }
  if (held !== null && held.count > MANY_HELD) {
    found.push({
      tone: "wait",
      text: `${countText(held)} deliveries are held.`,
      to: "/deliveries?state=held",
    });
  }
  return found;
}

/** What is below the limit must not read as if it were at it. */
function roundedDown(share: number): number {
  return Math.floor(share * 1_000) / 1_000;
}

function losses({ buckets }: Overview): Finding[] {
  const dead = total(buckets, "dead");
  if (dead === null || dead === 0) return [];
  const were = dead === 1 ? "was" : "were";
  return [
    {
      tone: "wait",
      text: `${things(dead, "delivery", "deliveries")} ${were} given up in the last hour.`,
      to: "/deliveries?state=dead",
    },
  ];
}

/** Single figures that could not be found out. */
function gaps(now: OverviewNow): Finding[] {
  if (now.wanted === null) return [];
  const names: (readonly [string, unknown])[] = [
    ["undispatched events", now.undispatched],
    ["held deliveries", now.held],
    ["deliveries that were given up", now.dead],
    ["open breakers", now.openBreakers],
  ];
  const unknown = names.filter(([, value]) => value === null).map(([name]) => name);
  if (unknown.length === 0) return [];
  return [{ tone: "off", text: `Not known at present: ${unknown.join(", ")}.` }];
}

/** For how long the oldest delivery has been due, by the clock of the server; null when none is. */
export function oldestDueAge({ oldestDueAt, sampledAt }: OverviewNow): number | null {
  if (oldestDueAt === null || sampledAt === null) return null;
  return Math.max(0, Date.parse(sampledAt) - Date.parse(oldestDueAt));
}

/** How many there were in all that is known; null when nothing is. */
export function total(
  buckets: readonly OverviewBucket[],
  of: "events" | "attempts" | "succeeded" | "failed" | "dead",
): number | null {
  const known = buckets.map((bucket) => bucket[of]).filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}
