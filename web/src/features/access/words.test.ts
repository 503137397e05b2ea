import { describe, expect, it } from "vitest";
import { accessText, accessWithin, permissionText, toggleAccess } from "./words";

describe("a permission in words", () => {
  it("says what is allowed, in one order", () => {
    expect(accessText(["delete", "read", "modify"])).toBe("Read, change and delete");
    expect(accessText(["create"])).toBe("Create");
    expect(accessText([])).toBe("Nothing");
  });

  it("says on what", () => {
    const read = { kind: "reports", access: ["read" as const] };
    expect(permissionText({ ...read, scope: "any", target: null })).toBe("Read all reports");
    expect(permissionText({ ...read, scope: "one", target: "42" })).toBe("Read one of reports: 42");
    expect(permissionText({ ...read, scope: "category", target: "finance" })).toBe(
      "Read reports in the category finance",
    );
  });
});

describe("ticking what is allowed", () => {
  it("lets whoever changes or deletes read as well", () => {
    expect(toggleAccess([], "modify", true)).toEqual(["read", "modify"]);
    expect(toggleAccess(["create"], "delete", true)).toEqual(["read", "delete", "create"]);
  });

  it("takes changing and deleting away with reading", () => {
    expect(toggleAccess(["read", "modify", "delete", "create"], "read", false)).toEqual(["create"]);
  });

  it("takes nothing else away", () => {
    expect(toggleAccess(["read", "modify", "delete"], "modify", false)).toEqual(["read", "delete"]);
  });

  it("keeps creating to all resources of a kind", () => {
    expect(accessWithin(["read", "create"], "one")).toEqual(["read"]);
    expect(accessWithin(["read", "create"], "any")).toEqual(["read", "create"]);
  });
});
