import { describe, expect, it } from "vitest";
import { fromField, moments, rangeText, toField } from "./timeRange";

const now = new Date("2026-05-01T12:00:00Z");

describe("a span of time", () => {
  it("is counted from now when it is the last so long", () => {
    expect(moments({ last: "1h" }, now)).toEqual({ from: "2026-05-01T11:00:00.000Z" });
  });
  it("is what was given otherwise", () => {
    expect(moments({ to: "2026-05-01T00:00:00Z" }, now)).toEqual({ to: "2026-05-01T00:00:00Z" });
    expect(moments({ last: "constructor" }, now)).toEqual({});
  });
  it("is told in words", () => {
    expect(rangeText({})).toBeUndefined();
    expect(rangeText({ last: "24h" })).toBe("Last 24 hours");
    expect(rangeText({ from: "nonsense" })).toBe("Since nonsense");
  });
  it("goes through a field for local time and back", () => {
    const moment = "2026-05-01T09:30:15.000Z";
    expect(fromField(toField(moment))).toBe(moment);
    expect(toField("nonsense")).toBe("");
    expect(fromField("")).toBeUndefined();
  });
});
