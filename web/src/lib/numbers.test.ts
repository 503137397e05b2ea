import { expect, test } from "vitest";
import { bytesText, countText, percentText, rateText, things } from "./numbers";

test("a bounded count says that there are more", () => {
  expect(countText({ count: 10_000, more: true })).toBe("10,000+");
  expect(countText({ count: 10_000, more: false })).toBe("10,000");
});

test("what nobody knows is unknown, and never zero", () => {
  expect([countText(null), countText(undefined), rateText(null), percentText(null)]).toEqual(
    Array(4).fill("unknown"),
  );
  expect([countText(0), rateText(0), percentText(0)]).toEqual(["0", "0/s", "0%"]);
});

test("nearly all is not shown as all", () => {
  expect(percentText(0.99999)).toBe("99.9%");
  expect(percentText(1)).toBe("100%");
});

test("one thing is singular, and one of more is not", () => {
  expect(things(1, "delivery", "deliveries")).toBe("1 delivery");
  expect(things({ count: 1, more: true }, "delivery", "deliveries")).toBe("1+ deliveries");
  expect(things(0, "delivery", "deliveries")).toBe("0 deliveries");
});

test("sizes are in the unit that fits", () => {
  expect([1_023, 1_024, 3 * 1_024 * 1_024].map(bytesText)).toEqual([
    "1023 B",
    "1.0 KiB",
    "3.0 MiB",
  ]);
});
