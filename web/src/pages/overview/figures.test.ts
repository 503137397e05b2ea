import { describe, expect, it } from "vitest";
import type { OverviewNow } from "@/api/schema.gen";
import { queueFigures, recentFigures, waitingFigures } from "./figures";
import { overviewWith } from "./sample";

const recent = (now: Partial<OverviewNow>) => valuesOf(recentFigures(overviewWith(now).now));
const waiting = (now: Partial<OverviewNow>) => valuesOf(waitingFigures(overviewWith(now).now));

function valuesOf(figures: { label: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(figures.map(({ label, value }) => [label, value]));
}

describe("figures of the last minutes", () => {
  it("are unknown, never zero, where nobody counted", () => {
    const silent = {
      events: { perSecond: null },
      deliveries: { perSecond: null },
      successRate: null,
      p50Ms: null,
      p99Ms: null,
    };
    expect(new Set(Object.values(recent(silent)))).toEqual(new Set(["unknown"]));
  });

  it("say that there were none where somebody counted and nothing happened", () => {
    const idle = { deliveries: { perSecond: 0 }, successRate: null, p50Ms: null, p99Ms: null };
    expect(recent(idle)).toMatchObject({
      Deliveries: "0/s",
      "Success rate": "none",
      "Time to deliver, p50": "none",
    });
  });
});

describe("figures of what waits", () => {
  it("tell nothing due from not knowing", () => {
    expect(waiting({})["Oldest due"]).toBe("none");
    expect(waiting({ wanted: null })["Oldest due"]).toBe("unknown");
    expect(waiting({ wanted: null })["Due now"]).toBe("unknown");
  });

  it("measure the age of the oldest by the clock of the server", () => {
    expect(waiting({ oldestDueAt: "2026-05-01T11:59:18Z" })["Oldest due"]).toBe("42 s");
  });

  it("say that there are more than were counted", () => {
    expect(waiting({ held: { count: 10_000, more: true } })["Held"]).toBe("10,000+");
  });
});

it("queues of unknown depth are unknown", () => {
  const { now } = overviewWith({ queues: [{ name: "events", depth: null }] });
  expect(queueFigures(now)[0]).toMatchObject({ label: "Queue of events", value: "unknown" });
});
