import type { Route } from "@playwright/test";
import type { Overview, OverviewBucket } from "../../../src/api/schema.gen";

/**
 * Gives the overview of a server that has just been started a past, so that a picture of its charts has
 * something to show. Only for pictures: tests take what the server says.
 */
export async function withHistory(route: Route): Promise<void> {
  const response = await route.fetch();
  const overview = (await response.json()) as Overview;
  const buckets = overview.buckets.map(pastOf);
  const now = { ...overview.now, events: { perSecond: 5.4 }, deliveries: { perSecond: 10.8 } };
  const rates = { successRate: 0.987, p50Ms: 6, p99Ms: 84 };
  await route.fulfill({ response, json: { ...overview, buckets, now: { ...now, ...rates } } });
}

function pastOf({ start }: OverviewBucket, at: number): OverviewBucket {
  const silent = { events: null, attempts: null, succeeded: null, failed: null, dead: null };
  if (at >= 21 && at < 25) return { start, ...silent, p50Ms: null, p99Ms: null };
  const events = Math.round(320 + 110 * Math.sin(at / 6));
  const failed = at >= 40 && at < 46 ? 90 : at % 7;
  return {
    start,
    events,
    attempts: 2 * events + failed,
    succeeded: 2 * events,
    failed,
    dead: at >= 42 && at < 46 ? 4 : 0,
    p50Ms: 5 + (at % 4),
    p99Ms: (at >= 40 && at < 46 ? 900 : 60) + 8 * (at % 5),
  };
}
