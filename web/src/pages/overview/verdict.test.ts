import { describe, expect, it } from "vitest";
import type { OverviewNow } from "@/api/schema.gen";
import { bucketsOf, overviewWith } from "./sample";
import { findings, total } from "./verdict";

const texts = (now: Partial<OverviewNow>, events?: (number | null)[]) =>
  findings(overviewWith(now, events && bucketsOf(events))).map(({ text }) => text);

describe("findings", () => {
  it("say that all is well only when everything is known and fine", () => {
    expect(findings(overviewWith({}))).toEqual([
      { tone: "ok", text: "All is well: nothing is late, and no receiver is left alone." },
    ]);
  });

  it("tell a quiet hour from a busy one", () => {
    expect(texts({}, [0, 0, 0])[0]).toMatch(/^All is quiet/);
  });

  it("put what is late before receivers that fail", () => {
    expect(
      texts({
        openBreakers: { count: 2, more: false },
        oldestDueAt: "2026-05-01T11:55:30Z",
      }),
    ).toEqual([
      "Deliveries are late: the oldest has been due for 4 min.",
      "2 receivers are left alone after failing too often.",
    ]);
  });

  it("do not call late what is due for a moment", () => {
    expect(texts({ oldestDueAt: "2026-05-01T11:59:00Z" })[0]).toMatch(/^All is well/);
    expect(texts({ oldestDueAt: "2026-05-01T11:58:59Z" })[0]).toMatch(/due for 1 min/);
  });

  it("lead to the list that shows what they are about", () => {
    const [open] = findings(overviewWith({ openBreakers: { count: 1, more: false } }));
    expect(open).toEqual({
      tone: "wait",
      text: "1 receiver is left alone after failing too often.",
      to: "/deliveries?state=held&holdReason=breaker",
    });
  });

  it("say that nothing is known when nobody has counted yet", () => {
    const found = findings(
      overviewWith({ wanted: null, sampledAt: null }, bucketsOf([null, null])),
    );
    expect(found.map(({ tone }) => tone)).toEqual(["off"]);
  });

  it("take the silence of workers for bad news", () => {
    expect(texts({}, [60, 60, null, null, null])).toEqual([
      "No worker has reported for 3 minutes: nothing is sent while none runs.",
    ]);
    expect(texts({}, [60, 60, 60, null, null])[0]).toMatch(/^All is well/);
    expect(texts({}, [null, null, null])[0]).toMatch(/in the last hour/);
  });

  it("take the silence of dispatchers for bad news", () => {
    expect(texts({ wanted: null, sampledAt: "2026-05-01T11:50:00Z" })).toEqual([
      "What waits is not known: a dispatcher last looked 10 min ago. Check that one runs.",
    ]);
  });

  it("name single figures that are not known", () => {
    expect(texts({ held: null })).toEqual(["Not known at present: held deliveries."]);
  });

  it("tell of deliveries that were given up in the last hour", () => {
    const buckets = bucketsOf([60, 60, 60]).map((bucket) => ({ ...bucket, dead: 1 }));
    const [found] = findings(overviewWith({ dead: { count: 41, more: false } }, buckets));
    expect(found?.text).toBe("3 deliveries were given up in the last hour.");
  });

  it("mind the limits of many", () => {
    const of = (count: number) => ({ count, more: false });
    expect(texts({ undispatched: of(1_000), held: of(1_000) })[0]).toMatch(/^All is well/);
    expect(texts({ undispatched: of(1_001), held: of(1_001) })).toEqual([
      "1,001 events wait to become deliveries. Check the dispatchers.",
      "1,001 deliveries are held.",
    ]);
  });

  it("never make a bad success rate look better", () => {
    expect(texts({ successRate: 0.8996 })[0]).toContain("89.9%");
    expect(texts({ successRate: 0.9 })[0]).toMatch(/^All is well/);
  });
});

describe("total", () => {
  it("leaves out what nobody knows, and is unknown when that is all", () => {
    expect(total(bucketsOf([1, null, 2]), "events")).toBe(3);
    expect(total(bucketsOf([null]), "events")).toBeNull();
  });
});
