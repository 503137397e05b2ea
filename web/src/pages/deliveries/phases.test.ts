import { describe, expect, it } from "vitest";
import { phases, phasesText } from "./phases";

const none = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null };

describe("where the time of an attempt went", () => {
  it("is the phases in their order, and the rest", () => {
    const parts = phases({ dnsMs: 10, connectMs: 20, tlsMs: 30, firstByteMs: 20 }, 100, true);
    expect(parts.map(({ id, milliseconds }) => [id, milliseconds])).toEqual([
      ["dns", 10],
      ["connect", 20],
      ["tls", 30],
      ["firstByte", 20],
      ["rest", 20],
    ]);
    expect(parts.map(({ share }) => share)).toEqual([0.1, 0.2, 0.3, 0.2, 0.2]);
  });
  it("leaves out what did not happen, and a rest of rounding", () => {
    const parts = phases({ ...none, firstByteMs: 12.4 }, 12, true);
    expect(parts.map(({ id }) => id)).toEqual(["firstByte"]);
    expect(parts[0]?.share).toBe(1);
  });
  it("is all rest when no phase was got through", () => {
    const parts = phases(none, 3_000, false);
    expect(phasesText(parts, 3_000)).toBe("3.0 s in all: Until it ended 3.0 s");
  });
  it("is nothing when it took no time", () => {
    expect(phases(none, 0, false)).toEqual([]);
  });
});
