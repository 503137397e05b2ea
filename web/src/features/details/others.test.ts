import { expect, it } from "vitest";
import { allBut } from "./others";

it("leaves out what is about the deleted one, and other kinds", () => {
  const { predicate } = allBut("roles", "rol_1");
  const asked = (...queryKey: unknown[]) => predicate({ queryKey });
  expect(asked("roles", "page", { limit: 20 })).toBe(true);
  expect(asked("roles", "detail", "rol_2")).toBe(true);
  expect(asked("roles", "detail", "rol_1")).toBe(false);
  expect(asked("users", "list")).toBe(false);
});
