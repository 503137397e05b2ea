import { expect, test } from "vitest";
import {
  isPreferences,
  placeFor,
  possibleSort,
  sortParameter,
  toggleSort,
  type Sort,
} from "./state";

const by = (text: string): Sort[] =>
  text.split(",").map((id) => ({ id: id.replace("-", ""), desc: id.startsWith("-") }));

test("a click sorts by one column, and the next one turns it", () => {
  expect(sortParameter(toggleSort(by("uri"), "owner", false, 3))).toBe("owner");
  expect(sortParameter(toggleSort(by("uri"), "uri", false, 3))).toBe("-uri");
  expect(sortParameter(toggleSort(by("-uri"), "uri", false, 3))).toBe("uri");
  expect(sortParameter(toggleSort(by("uri,owner"), "owner", false, 3))).toBe("owner");
});

test("with Shift a column is added, turned, and taken out", () => {
  expect(sortParameter(toggleSort(by("uri"), "owner", true, 3))).toBe("uri,owner");
  expect(sortParameter(toggleSort(by("uri,owner"), "owner", true, 3))).toBe("uri,-owner");
  expect(sortParameter(toggleSort(by("uri,-owner"), "owner", true, 3))).toBe("uri");
  expect(sortParameter(toggleSort(by("-uri"), "uri", true, 3))).toBe("uri");
});

test("no more columns than the api sorts by", () => {
  expect(sortParameter(toggleSort(by("a,b,c"), "d", true, 3))).toBe("a,b,d");
  expect(possibleSort(by("gone,a,b"), ["a", "b"], 1)).toEqual(by("a"));
});

test("no order is no parameter", () => {
  expect(sortParameter([])).toBeUndefined();
});

test("another question begins at the first page, the same one stays", () => {
  const place = { of: "a", cursors: ["c1", "c2"] };
  expect(placeFor(place, "a")).toBe(place);
  expect(placeFor(place, "b")).toEqual({ of: "b", cursors: [] });
});

test("preferences that are not ours are thrown away", () => {
  expect(isPreferences({ sort: by("uri"), pageSize: 50, hidden: ["secret"] })).toBe(true);
  expect(isPreferences({})).toBe(true);
  for (const wrong of [null, 1, { pageSize: 7 }, { sort: ["uri"] }, { hidden: [1] }, { sort: 1 }]) {
    expect(isPreferences(wrong), JSON.stringify(wrong)).toBe(false);
  }
});
