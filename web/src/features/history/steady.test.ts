import { describe, expect, it } from "vitest";
import { countNew, hold, newText } from "./steady";

interface Row {
  id: string;
  state: string;
}
const row = (id: string, state = "pending"): Row => ({ id, state });
const idOf = ({ id }: Row) => id;
const as = (same: Row) => same;

describe("rows that somebody reads", () => {
  it("stay in their places while new ones are counted", () => {
    const held = hold([row("b"), row("a")], [row("d"), row("c"), row("b"), row("a")], idOf, as);
    expect(held.rows.map(idOf)).toEqual(["b", "a"]);
    expect(held).toMatchObject({ fresh: 2, more: false });
  });
  it("change in place", () => {
    const held = hold([row("b"), row("a")], [row("b", "dead"), row("a")], idOf, as);
    expect(held.rows).toEqual([row("b", "dead"), row("a")]);
    expect(held.fresh).toBe(0);
  });
  it("are patched when the newest page does not have them any more", () => {
    const held = hold([row("b"), row("a")], [row("c"), row("b")], idOf, (old) => ({
      ...old,
      state: "delivered",
    }));
    expect(held.rows).toEqual([row("b"), row("a", "delivered")]);
  });
});

describe("counting what is new", () => {
  it("says that there may be more when a whole page is new", () => {
    expect(newText(countNew(new Set(["a"]), ["d", "c"]))).toBe("2+ new");
  });
  it("counts exactly from an empty list on", () => {
    expect(countNew(new Set(), ["b", "a"])).toEqual({ fresh: 2, more: false });
  });
  it("has nothing new when the newest is known", () => {
    expect(countNew(new Set(["a"]), ["a"])).toEqual({ fresh: 0, more: false });
    expect(countNew(new Set(["a"]), [])).toEqual({ fresh: 0, more: false });
  });
});
