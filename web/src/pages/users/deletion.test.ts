import { expect, it } from "vitest";
import { deletionText } from "./deletion";

it("says how many webhooks end with a user", () => {
  expect(deletionText({ count: 0, more: false })).toMatch(/^They have no webhooks\./);
  expect(deletionText({ count: 1, more: false })).toMatch(/^Their 1 webhook ends with them/);
  expect(deletionText({ count: 3, more: false })).toMatch(/^Their 3 webhooks end with them/);
});

it("does not say fewer than there may be", () => {
  expect(deletionText({ count: 100, more: true })).toMatch(/^Their 100\+ webhooks end/);
});
