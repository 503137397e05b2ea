import { expect, it } from "vitest";
import { countPages } from "./countDead";

it("adds up pages, empty ones in between as well", async () => {
  const pages = [
    { items: [1, 2], next: "a" },
    { items: [], next: "b" },
    { items: [3], next: null },
  ];
  const asked: (string | undefined)[] = [];
  const counted = await countPages((cursor) => {
    asked.push(cursor);
    return Promise.resolve(pages[asked.length - 1] ?? { items: [] });
  });
  expect(counted).toEqual({ count: 3, more: false });
  expect(asked).toEqual([undefined, "a", "b"]);
});

it("stops after ten pages, and says that there are more", async () => {
  let asked = 0;
  const counted = await countPages(() => {
    asked += 1;
    return Promise.resolve({ items: [1], next: "on" });
  });
  expect(counted).toEqual({ count: 10, more: true });
  expect(asked).toBe(10);
});
