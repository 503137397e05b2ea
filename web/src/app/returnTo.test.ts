import { expect, test } from "vitest";
import { placeAfterSignIn, signInPath } from "./returnTo";

test("one comes back to where one was, search and all", () => {
  const place = { pathname: "/webhooks/reg_1", search: "?q=a&paused=true" };
  const path = signInPath(place, true);
  const query = new URLSearchParams(path.slice(path.indexOf("?")));
  expect(query.get("ended")).toBe("1");
  expect(placeAfterSignIn(query.get("next"))).toBe("/webhooks/reg_1?q=a&paused=true");
});

test("the start page needs no way back", () => {
  expect(signInPath({ pathname: "/", search: "" }, false)).toBe("/sign-in");
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "/\t/evil.example",
  "/.//evil.example",
  "evil",
  "",
  "/sign-in?next=/x",
])("a link to the sign-in page never leads to %j", (next) => {
  expect(placeAfterSignIn(next)).toBe("/");
});
