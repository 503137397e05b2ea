import { describe, expect, it } from "vitest";
import { deliveryFilters, replayPath } from "./filters";

const ids = (query: string) => deliveryFilters(new URLSearchParams(query)).map(({ id }) => id);

describe("filters of deliveries", () => {
  it("ask for a reason only where the state has one", () => {
    expect(ids("")).not.toContain("holdReason");
    expect(ids("state=held")).toContain("holdReason");
    expect(ids("state=held&deadReason=gone")).not.toContain("deadReason");
    expect(ids("state=dead")).toContain("deadReason");
  });
  it("show a reason that the address has without a state", () => {
    expect(ids("deadReason=gone")).toContain("deadReason");
  });
});

describe("a replay of what is listed", () => {
  it("takes over the filters that it has, too", () => {
    const query = new URLSearchParams(
      "registrationId=reg_1&state=dead&deadReason=exhausted&eventId=evt_1&q=x",
    );
    expect(replayPath(query)).toBe(
      "/replays/new?registrationId=reg_1&state=dead&deadReason=exhausted",
    );
    expect(replayPath(new URLSearchParams())).toBe("/replays/new");
  });
  it("is of a span that stands still", () => {
    const path = replayPath(new URLSearchParams("last=1h"), new Date("2026-05-01T12:00:00Z"));
    expect(path).toBe("/replays/new?from=2026-05-01T11%3A00%3A00.000Z");
  });
});
