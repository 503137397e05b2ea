import { expect, test } from "vitest";
import { generateSecret, secretMistake, secretStrength } from "./secrets";

test("a secret has 32 to 128 characters", () => {
  expect(secretMistake("x".repeat(31))).toContain("31");
  expect(secretMistake("x".repeat(32))).toBeUndefined();
  expect(secretMistake("x".repeat(128))).toBeUndefined();
  expect(secretMistake("x".repeat(129))).toContain("129");
});

test("a secret of one letter is weak, however long, and a generated one is strong", () => {
  expect(secretStrength("x".repeat(64))).toBe("weak");
  const secret = generateSecret();
  expect(secretMistake(secret)).toBeUndefined();
  expect(secretStrength(secret)).toBe("strong");
  expect(atob(secret.slice("whsec_".length))).toHaveLength(32);
});
