import { describe, expect, it } from "vitest";
import { indentJson, jsonError, memberText } from "./json";

describe("the text of a member", () => {
  it("is taken as it was written", () => {
    const event = '{"id":"evt_1", "data" : {"n":12345678901234567890, "d":1.0} ,"more":false}';
    expect(memberText(event, "data")).toBe('{"n":12345678901234567890, "d":1.0}');
    expect(memberText(event, "more")).toBe("false");
  });
  it("is not mistaken for one of a value inside", () => {
    const event = '{"a":{"data":1},"b":["data",2],"c":"\\"data\\":3","data":null}';
    expect(memberText(event, "data")).toBe("null");
  });
  it("is nothing when there is no such member", () => {
    expect(memberText('{"a":[1,{"b":"}"}]}', "data")).toBeUndefined();
    expect(memberText("{}", "data")).toBeUndefined();
  });
});

describe("indented JSON", () => {
  it("looks as one is used to", () => {
    const value = { a: [1, { b: 'x, {y}: "z"' }], e: {}, f: [], g: null };
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson(JSON.stringify(value, null, 7))).toBe(JSON.stringify(value, null, 2));
  });
  it("keeps numbers as they were written", () => {
    expect(indentJson("[12345678901234567890,1.0,1e3]")).toBe(
      "[\n  12345678901234567890,\n  1.0,\n  1e3\n]",
    );
  });
  it("leaves a plain value alone", () => {
    expect(indentJson('"a b"')).toBe('"a b"');
    expect(indentJson(" 42 ")).toBe("42");
  });
});

it("tells what is no JSON", () => {
  expect(jsonError("{}")).toBeUndefined();
  expect(jsonError("{,}")).toBeTruthy();
});
