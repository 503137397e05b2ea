import { expect, it } from "vitest";
import { filterNameMistake } from "./names";

it("takes letters, digits, hyphens and underscores", () => {
  expect(filterNameMistake("Parcels_of-2026")).toBeNull();
  expect(filterNameMistake(" shipments ")).toBeNull();
  expect(filterNameMistake("a".repeat(64))).toBeNull();
});

it("says what is wrong with others", () => {
  expect(filterNameMistake("  ")).toBe("Enter a name.");
  for (const name of ["*", "a b", "a.b", "ü", "a".repeat(65)]) {
    expect(filterNameMistake(name)).toMatch(/^Letters/);
  }
});
