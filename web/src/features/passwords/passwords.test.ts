import { describe, expect, it } from "vitest";
import { generatePassword } from "./generate";
import { passwordMistake } from "./rule";

describe("a generated password", () => {
  it("is long, and another each time", () => {
    const passwords = new Set(Array.from({ length: 50 }, () => generatePassword()));
    expect(passwords.size).toBe(50);
    for (const password of passwords) expect(password).toMatch(/^[a-zA-HJ-NP-Z2-9]{20}$/);
  });

  it("leaves out bytes that would make some characters likelier", () => {
    let round = 0;
    const password = generatePassword((bytes) => {
      round += 1;
      return bytes.fill(round === 1 ? 255 : 1);
    });
    expect(round).toBe(2);
    expect(password).toBe("b".repeat(20));
  });

  it("keeps to the rule", () => {
    expect(passwordMistake(generatePassword(), "ada")).toBeNull();
  });
});

describe("a new password", () => {
  it("has at least 12 characters", () => {
    expect(passwordMistake("", "ada")).toMatch(/Enter/);
    expect(passwordMistake("elevenchars", "ada")).toBe("It has 11 of at least 12 characters.");
    expect(passwordMistake("twelve chars", "ada")).toBeNull();
  });

  it("counts characters, not how they are stored", () => {
    expect(passwordMistake("🔑".repeat(6) + "a", "ada")).toBe(
      "It has 7 of at least 12 characters.",
    );
  });

  it("is not one character, and not the user's name", () => {
    expect(passwordMistake("a".repeat(12), "ada")).toMatch(/over and over/);
    expect(passwordMistake("Reporting-Service", " reporting-service ")).toBe(
      "It is the user name.",
    );
  });

  it("has an end", () => {
    expect(passwordMistake("ab".repeat(129), "ada")).toMatch(/more than 256/);
  });
});
