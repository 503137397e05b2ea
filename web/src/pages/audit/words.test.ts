import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actText, isWorded, placeOf } from "./words";

const CHANGES = ["post", "put", "patch", "delete"];

describe("what was done", () => {
  it("has words for everything that changes something", () => {
    const text = readFileSync(new URL("../../../../docs/openapi.json", import.meta.url), "utf8");
    const { paths } = JSON.parse(text) as { paths: Record<string, object> };
    const actions = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => CHANGES.includes(method))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(actions.length).toBeGreaterThan(40);
    expect(actions.filter((action) => !isWorded(action))).toEqual([]);
  });

  it("is told as it was noted when it has no words", () => {
    expect(actText("postrider dance")).toBe("postrider dance");
    expect(actText("GET /api/v1/users")).toBe("Look at /api/v1/users");
    expect(actText("PATCH /api/v1/users/{id}")).toBe("Switch a user off or on");
  });
});

describe("where it is shown", () => {
  it("is the page of what it was done to", () => {
    expect(placeOf("/api/v1/users/usr_01ab/password")).toBe("/users/usr_01ab");
    expect(placeOf("/api/v1/registrations/reg_01ab/secret")).toBe("/webhooks/reg_01ab");
    expect(placeOf("/api/v1/filters/shipments")).toBe("/filters/shipments");
    expect(placeOf("/api/v1/inbox/inb_01ab/replay")).toBe("/inbox/inb_01ab");
  });

  it("is nowhere for what has no page", () => {
    expect(placeOf("/api/v1/users")).toBeUndefined();
    expect(placeOf("/api/v1/inbox/replays")).toBeUndefined();
    expect(placeOf("/Token")).toBeUndefined();
    expect(placeOf("ada")).toBeUndefined();
  });
});
