import { describe, expect, it } from "vitest";
import { EMPTY_DRAFT, RequestKeys, bodyOf, draftErrors, laidOut, type Draft } from "./publish";

const draft: Draft = { ...EMPTY_DRAFT, filter: "reports", type: "Added", resourceId: "42" };

describe("the body of an event", () => {
  it("has what was given, and nothing else", () => {
    expect(JSON.parse(bodyOf(draft))).toEqual({
      filter: "reports",
      type: "Added",
      resource: { id: "42" },
    });
  });
  it("has the data as it was written", () => {
    const body = bodyOf({ ...draft, data: ' {"n":12345678901234567890}\n', audience: ["ada"] });
    expect(body).toContain('"data":{"n":12345678901234567890}}');
    expect(JSON.parse(body)).toMatchObject({ audience: ["ada"] });
  });
});

describe("mistakes in an event", () => {
  it("are named by field", () => {
    expect(Object.keys(draftErrors(EMPTY_DRAFT))).toEqual(["filter", "type", "resourceId"]);
    expect(draftErrors({ ...draft, type: "a b", data: "{", id: "a b" })).toMatchObject({
      type: expect.stringContaining("64") as string,
      data: expect.stringContaining("no JSON") as string,
      id: expect.stringContaining("255") as string,
    });
  });
  it("are none when it is right", () => {
    expect(draftErrors({ ...draft, data: "[1]", id: "mine-1" })).toEqual({});
  });
});

it("lays data out, and leaves alone what is no JSON", () => {
  expect(laidOut("[1]")).toBe("[\n  1\n]");
  expect(laidOut("[1")).toBe("[1");
});

describe("the key of a request", () => {
  let made = 0;
  const keys = new RequestKeys(() => `key-${(made += 1)}`);
  it("is the same for the same request, until that is answered", () => {
    expect(keys.keyOf("a")).toBe("key-1");
    expect(keys.keyOf("a")).toBe("key-1");
    expect(keys.keyOf("b")).toBe("key-2");
    keys.forget();
    expect(keys.keyOf("b")).toBe("key-3");
  });
});
