import { describe, expect, it } from "vitest";
import type { ListedDelivery } from "@/api/schema.gen";
import type { LiveAttempt } from "@/live/useLive";
import { remember, updated } from "./patches";

const row = {
  id: "dlv_1",
  state: "pending",
  holdReason: null,
  deadReason: null,
  lastStatus: null,
  lastCause: null,
  nextAttemptAt: "2026-05-01T00:00:00Z",
} as ListedDelivery;
const news = (deliveryId: string, state: LiveAttempt["state"], status: number): LiveAttempt => ({
  id: "att_1",
  deliveryId,
  registrationId: "reg_1",
  eventId: "evt_1",
  state,
  at: "2026-05-01T00:00:00Z",
  status,
  cause: null,
});

describe("a row that left the newest page", () => {
  it("is as the news say", () => {
    expect(updated(row, news("dlv_1", "delivered", 200))).toMatchObject({
      state: "delivered",
      lastStatus: 200,
      nextAttemptAt: null,
    });
  });
  it("stays as it is without news", () => {
    expect(updated(row, undefined)).toBe(row);
  });
});

describe("news that are kept", () => {
  it("are the newest of each delivery, and not endlessly many", () => {
    const patches = new Map<string, LiveAttempt>();
    remember(patches, news("dlv_1", "pending", 500));
    remember(patches, news("dlv_1", "delivered", 200));
    expect(patches.get("dlv_1")?.state).toBe("delivered");
    for (let at = 2; at <= 600; at += 1) remember(patches, news(`dlv_${at}`, "dead", 500));
    expect(patches.size).toBe(500);
    expect(patches.has("dlv_1")).toBe(false);
    expect(patches.has("dlv_600")).toBe(true);
  });
});
