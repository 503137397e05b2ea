import { describe, expect, it } from "vitest";
import { bucketsOf } from "./sample";
import { CHARTS, columnsOf, finished, inWords, lonely } from "./series";
import { decadesAround, powersOfTen } from "./plot";
import { span } from "./span";

const [flow] = CHARTS;
if (flow === undefined) throw new Error("there are charts");

describe("a chart", () => {
  it("leaves out the bucket that is not over", () => {
    expect(finished(bucketsOf([1, 2, 3])).map(({ events }) => events)).toEqual([1, 2]);
  });

  it("has gaps where nothing is known", () => {
    const [times, events] = columnsOf(bucketsOf([1, null, 3]), flow.lines);
    expect(events).toEqual([1, null, 3]);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 60, 120]);
  });

  it("draws points where no line leads", () => {
    expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(lonely([null, null])).toEqual([]);
  });

  it("is told in words, with what is unknown", () => {
    const words = inWords(flow, bucketsOf([10, 1_200, null, 7]));
    expect(words).toMatch(
      /^Events and deliveries\. Events: 7 at last, 1,200 at the most \(\d\d:\d\d\)/,
    );
    expect(words).toContain("unknown 1 of 4 times");
    expect(inWords(flow, bucketsOf([null]))).toContain("Events: unknown.");
  });
});

it("spans are rounded down to their largest unit", () => {
  expect([400, 59_999, 60_000, 299_000, 7_200_000, 172_800_000].map(span)).toEqual([
    "less than 1 s",
    "59 s",
    "1 min",
    "4 min",
    "2 h",
    "2 d",
  ]);
});

it("an axis of times begins and ends at a power of ten", () => {
  expect(decadesAround(5, 61)).toEqual([1, 100]);
  expect(decadesAround(10, 10)).toEqual([10, 100]);
  expect(decadesAround(null, null)).toEqual([1, 10]);
  expect(decadesAround(0.4, 1_500)).toEqual([1, 10_000]);
  expect(powersOfTen(1, 1_000)).toEqual([1, 10, 100, 1_000]);
});
