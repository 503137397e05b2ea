import { describe, expect, it } from "vitest";
import { walk, type Listed } from "./walk";

const pages = new Map<string | undefined, Listed<string>>([
  [undefined, { items: [], next: "2" }],
  ["2", { items: [], next: "3" }],
  ["3", { items: ["found"], next: "4" }],
  ["empty", { items: [], next: null }],
]);
const fetchPage = (cursor: string | undefined) =>
  Promise.resolve(pages.get(cursor) ?? { items: [], next: cursor });

describe("a search for few among many", () => {
  it("goes on through empty pages to what it looks for", async () => {
    expect(await walk(fetchPage, undefined)).toEqual({ items: ["found"], next: "4" });
  });
  it("ends where the list ends", async () => {
    expect(await walk(fetchPage, "empty")).toEqual({ items: [], next: null });
  });
  it("comes back after a while, leading on", async () => {
    let time = 0;
    const page = await walk(fetchPage, "endless", () => (time += 3_000));
    expect(page).toEqual({ items: [], next: "endless" });
  });
});
