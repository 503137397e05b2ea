import { describe, expect, it } from "vitest";
import { indentJson, indentXml, readBody } from "./bodyText";

function received(body: string | undefined, contentType = "", more: object = {}) {
  const headers = [{ name: "content-type", value: contentType }];
  return readBody({ headers, bodyBytes: body?.length ?? 3, ...(body && { body }), ...more });
}

describe("JSON", () => {
  it("is laid out like JSON.stringify does", () => {
    const values = [
      {},
      [],
      { a: [], b: {} },
      { a: 1, b: [true, null, "x"], c: { d: 'e,f:[{"\\' } },
      [[1, [2]], "ü\n"],
      "text",
      -1.5e-7,
    ];
    for (const value of values) {
      expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }
  });

  it("keeps digits that a browser would round, and members of the same name", () => {
    expect(indentJson('{"id":12345678901234567890,"id":1.10}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "id": 1.10\n}',
    );
  });

  it("is told by what it is, whatever it is called", () => {
    expect(received('{"a":1}', "text/plain").kind).toBe("json");
    expect(received('{"a":1', "application/json")).toMatchObject({ kind: "text", text: '{"a":1' });
  });
});

describe("XML", () => {
  it("has elements on lines of their own, and short ones with their text", () => {
    const xml = '<?xml version="1.0"?><a x="1"><b>text</b><c/><d><e></e></d></a>';
    expect(indentXml(xml)).toBe(
      '<?xml version="1.0"?>\n<a x="1">\n  <b>text</b>\n  <c/>\n  <d>\n    <e></e>\n  </d>\n</a>',
    );
  });

  it("is not led astray by comments, sections of text, or a missing end", () => {
    expect(indentXml("<a><!-- <b> --><c><![CDATA[<d>]]></c></a>")).toBe(
      "<a>\n  <!-- <b> -->\n  <c><![CDATA[<d>]]></c>\n</a>",
    );
    expect(indentXml("</a></b><c>")).toBe("</a>\n</b>\n<c>");
  });

  it("is told by its type or its beginning", () => {
    expect(received("<a/>").kind).toBe("xml");
    expect(received("a < b", "text/plain").kind).toBe("text");
    expect(received("<a>", "text/xml; charset=utf-8").kind).toBe("xml");
  });
});

describe("other bodies", () => {
  it("shows a form field by field, and JSON in it laid out", () => {
    const form = received(
      "token=a%20b&payload=%7B%22a%22%3A1%7D",
      "application/x-www-form-urlencoded",
    );
    expect(form).toMatchObject({ kind: "form", text: 'token = a b\npayload =\n{\n  "a": 1\n}' });
  });

  it("tells an empty one and one that is no text", () => {
    expect(received("", "application/json").kind).toBe("none");
    expect(received(undefined, "", { bodyBase64: "AAEC" })).toMatchObject({
      kind: "binary",
      raw: "AAEC",
    });
  });
});
