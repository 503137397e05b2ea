import { expect, test, vi } from "vitest";
import { Gatherer } from "./gatherer";
import { healthText } from "./healthText";

const at = "2026-01-01T00:00:00Z";
const delivery = (
  state: "delivered" | "dead",
  lastStatus: number | null,
  lastCause: string | null,
) => ({
  deliveryId: `${state}${lastStatus}`,
  at,
  state,
  lastStatus,
  lastCause,
});

test("health is told in words", () => {
  const recent = [delivery("dead", null, "timeout"), delivery("delivered", 200, null)];
  expect(healthText(recent, () => "5m ago")).toBe(
    "The last 2 deliveries: 1 delivered, 1 dead. The newest: dead, timeout, 5m ago.",
  );
  expect(healthText([], () => "")).toBe("No deliveries yet");
});

test("what is asked for one by one is loaded together", async () => {
  const load = vi.fn((ids: string[]) => Promise.resolve(new Map(ids.map((id) => [id, id.length]))));
  const gatherer = new Gatherer(load);
  expect(await Promise.all(["a", "bb", "a"].map((id) => gatherer.find(id)))).toEqual([1, 2, 1]);
  expect(load.mock.calls).toEqual([[["a", "bb"]]]);
});

test("no more than a hundred at a time", async () => {
  const load = vi.fn((ids: string[]) => Promise.resolve(new Map(ids.map((id) => [id, id]))));
  const gatherer = new Gatherer(load);
  const ids = Array.from({ length: 101 }, (_, index) => String(index));
  expect(await Promise.all(ids.map((id) => gatherer.find(id)))).toEqual(ids);
  expect(load.mock.calls.map(([asked]) => asked.length)).toEqual([100, 1]);
});

test("a failure is told to everybody who asked, and is over with the next question", async () => {
  const load = vi
    .fn<(ids: string[]) => Promise<Map<string, number>>>()
    .mockRejectedValueOnce(new Error("down"))
    .mockResolvedValueOnce(new Map([["a", 1]]));
  const gatherer = new Gatherer(load);
  const both = await Promise.allSettled([gatherer.find("a"), gatherer.find("b")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await gatherer.find("a")).toBe(1);
});
