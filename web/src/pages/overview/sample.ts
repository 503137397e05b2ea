import type { Overview, OverviewBucket, OverviewNow } from "@/api/schema.gen";

const AT = "2026-05-01T12:00:00Z";
const none = { count: 0, more: false };

/** For tests: an overview in which all is well, with what differs. */
export function overviewWith(now: Partial<OverviewNow>, buckets: OverviewBucket[] = []): Overview {
  return {
    at: AT,
    range: "hour",
    bucketSeconds: 60,
    now: {
      events: { perSecond: 1 },
      deliveries: { perSecond: 2 },
      successRate: 1,
      p50Ms: 5,
      p99Ms: 60,
      undispatched: none,
      wanted: none,
      waiting: none,
      held: none,
      dead: none,
      openBreakers: none,
      oldestDueAt: null,
      queues: [],
      sampledAt: AT,
      ...now,
    },
    buckets: buckets.length === 0 ? bucketsOf([60, 60, 60]) : buckets,
  };
}

/** For tests: a minute for each number of events, all delivered; null is a minute of silence. */
export function bucketsOf(events: (number | null)[]): OverviewBucket[] {
  const first = Date.parse(AT) - events.length * 60_000;
  return events.map((count, minute) => ({
    start: new Date(first + minute * 60_000).toISOString(),
    events: count,
    attempts: count,
    succeeded: count,
    failed: count === null ? null : 0,
    dead: count === null ? null : 0,
    p50Ms: count === null ? null : 5,
    p99Ms: count === null ? null : 60,
  }));
}
