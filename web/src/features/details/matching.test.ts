import { expect, it } from "vitest";
import { matching } from "./matching";

const ITEMS = [
  { name: "Auditors", description: "Read money" },
  { name: "Report Reader", description: null },
];
const find = (text?: string) =>
  matching(ITEMS, text, ({ name, description }) => [name, description]).map(({ name }) => name);

it("finds a text in any field, in any case", () => {
  expect(find("MONEY")).toEqual(["Auditors"]);
  expect(find("read")).toEqual(["Auditors", "Report Reader"]);
  expect(find("nothing")).toEqual([]);
});

it("finds all without a text", () => {
  expect(find()).toHaveLength(2);
});
