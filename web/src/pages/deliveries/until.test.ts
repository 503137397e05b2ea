import { expect, it } from "vitest";
import { untilText } from "./until";

const now = new Date("2026-05-01T12:00:00Z");
const after = (seconds: number) => untilText(new Date(now.getTime() + seconds * 1_000), now);

it("counts down to the second, and coarser far away", () => {
  expect(after(0.2)).toBe("1 s");
  expect(after(59)).toBe("59 s");
  expect(after(252)).toBe("4 min 12 s");
  expect(after(3_600)).toBe("1 h 0 min");
  expect(after(90_000)).toBe("1 d 1 h");
});

it("says nothing once the moment is there", () => {
  expect(after(0)).toBeUndefined();
  expect(after(-5)).toBeUndefined();
});
