import { expect, test } from "vitest";
import { isBackground, watchInput } from "./activity";

test("what is requested long after the last key or click is nobody's wish", () => {
  const page = new EventTarget();
  watchInput(page);
  page.dispatchEvent(new Event("keydown"));
  const pressed = Date.now();
  expect(isBackground(pressed + 4_000)).toBe(false);
  expect(isBackground(pressed + 6_000)).toBe(true);
});
