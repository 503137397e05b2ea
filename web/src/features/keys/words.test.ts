import { describe, expect, it } from "vitest";
import { allowedScopes, endOf, keyState } from "./words";

const NOW = new Date("2026-05-01T12:00:00Z");

describe("where a key stands", () => {
  it("is active without an end", () => {
    expect(keyState(null, NOW)).toBe("active");
  });

  it("ends soon two weeks before its end, and has ended at it", () => {
    expect(keyState("2026-05-15T12:00:00Z", NOW)).toBe("active");
    expect(keyState("2026-05-15T11:59:59Z", NOW)).toBe("ending");
    expect(keyState("2026-05-01T12:00:01Z", NOW)).toBe("ending");
    expect(keyState("2026-05-01T12:00:00Z", NOW)).toBe("ended");
  });
});

describe("the end of a new key", () => {
  it("is so many days away, or none", () => {
    expect(endOf("30", "", NOW)).toBe("2026-05-31T12:00:00.000Z");
    expect(endOf("never", "", NOW)).toBeNull();
  });

  it("is the end of the day that was chosen", () => {
    const end = new Date(endOf("date", "2026-06-01", NOW) ?? "");
    expect([end.getFullYear(), end.getMonth(), end.getDate()]).toEqual([2026, 5, 1]);
    expect([end.getHours(), end.getMinutes(), end.getSeconds()]).toEqual([23, 59, 59]);
  });

  it("is not in the past, and not missing", () => {
    expect(endOf("date", "2026-04-29", NOW)).toBeUndefined();
    expect(endOf("date", "", NOW)).toBeUndefined();
  });
});

describe("the scopes one may give", () => {
  it("lets administrators alone have events published", () => {
    expect(allowedScopes(true, true)).toEqual(["publish", "read", "manage"]);
    expect(allowedScopes(false, true)).toEqual(["read", "manage"]);
  });

  it("lets nobody manage in the name of somebody else", () => {
    expect(allowedScopes(true, false)).toEqual(["publish", "read"]);
  });
});
