import { expect, test } from "vitest";
import { duration, exactTime, relativeTime } from "./time";

const now = new Date("2026-05-01T12:00:00Z");
const after = (seconds: number) => relativeTime(new Date(now.getTime() + seconds * 1_000), now);

test("times go by in the unit that fits", () => {
  expect([-59, -60, -3_599, -3_600, -86_400].map(after)).toEqual([
    "59s ago",
    "1m ago",
    "59m ago",
    "1h ago",
    "1d ago",
  ]);
  expect(after(120)).toBe("in 2m");
});

test("a clock that is a little ahead makes no future", () => {
  expect([-4, 0, 14].map(after)).toEqual(["just now", "just now", "just now"]);
  expect(after(15)).toBe("in 15s");
});

test("an exact time is to the second, or to the millisecond", () => {
  const moment = new Date(2026, 0, 2, 3, 4, 5, 6);
  expect(exactTime(moment)).toBe("2026-01-02 03:04:05");
  expect(exactTime(moment, true)).toBe("2026-01-02 03:04:05.006");
});

test("durations are in the unit that fits", () => {
  expect([0.2, 340, 2_500, 120_000, 5_400_000].map(duration)).toEqual([
    "< 1 ms",
    "340 ms",
    "2.5 s",
    "2 min",
    "1.5 h",
  ]);
});
