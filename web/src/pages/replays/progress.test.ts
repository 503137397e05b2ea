import { describe, expect, it } from "vitest";
import { progressText, secondsLeft, shareOf } from "./progress";

const running = {
  state: "running",
  matched: { count: 300, more: false },
  replayed: 120,
  pace: 50,
} as const;

describe("how far a replay is", () => {
  it("is a share of what matched", () => {
    expect(shareOf(running)).toBe(0.4);
    expect(progressText(running)).toBe("120 of 300");
    expect(secondsLeft(running)).toBe(3.6);
  });
  it("is not known when there may be more", () => {
    const endless = { ...running, matched: { count: 100_000, more: true } };
    expect(shareOf(endless)).toBeUndefined();
    expect(secondsLeft(endless)).toBeUndefined();
    expect(progressText(endless)).toBe("120 of 100,000+");
  });
  it("says unknown when nothing was counted, never zero", () => {
    expect(progressText({ ...running, matched: { count: 0, more: true } })).toBe("120 of unknown");
  });
  it("is all when it is done, also when some were not there any more", () => {
    expect(shareOf({ ...running, state: "done" })).toBe(1);
    expect(secondsLeft({ ...running, state: "done" })).toBeUndefined();
  });
});
