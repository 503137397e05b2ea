import { expect, it } from "vitest";
import { whyNotAgain } from "./again";

const nothing = { webhookDeleted: false, eventGone: false, payloadRemoved: false };

it("sends again what is settled", () => {
  expect(whyNotAgain("dead", nothing)).toBeUndefined();
  expect(whyNotAgain("delivered", nothing)).toBeUndefined();
});

it("says why not of what is on its way or waits", () => {
  expect(whyNotAgain("pending", nothing)).toContain("on its way");
  expect(whyNotAgain("held", nothing)).toContain("held");
});

it("says why not when there is nothing to send, or nowhere to send it", () => {
  expect(whyNotAgain("dead", { ...nothing, webhookDeleted: true })).toContain("deleted");
  expect(whyNotAgain("dead", { ...nothing, payloadRemoved: true })).toContain("removed");
  expect(whyNotAgain("dead", { ...nothing, eventGone: true })).toContain("no longer kept");
});
