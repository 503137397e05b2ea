/** What a body is, as far as that can be told. */
export type BodyKind = "none" | "binary" | "json" | "xml" | "form" | "text";

/** A body for people to read. */
export interface ReadBody {
  kind: BodyKind;
  /** Laid out. */
  text: string;
  /** As it was sent. */
  raw: string;
}

interface Received {
  body?: string;
  bodyBase64?: string;
  bodyBytes: number;
  headers: readonly { name: string; value: string }[];
}

/** Tells what a body is, and lays it out. Nothing is taken away or rounded. */
export function readBody({ body, bodyBase64, bodyBytes, headers }: Received): ReadBody {
  if (bodyBytes === 0) return { kind: "none", text: "", raw: "" };
  if (body === undefined) return { kind: "binary", text: "", raw: bodyBase64 ?? "" };
  const json = indentJson(body);
  if (json !== undefined) return { kind: "json", text: json, raw: body };
  const type = mediaType(headers);
  if (type.includes("xml") || /^\s*<[?!a-z]/i.test(body)) {
    return { kind: "xml", text: indentXml(body), raw: body };
  }
  if (type === "application/x-www-form-urlencoded") {
    return { kind: "form", text: formText(body), raw: body };
  }
  return { kind: "text", text: body, raw: body };
}

function mediaType(headers: Received["headers"]): string {
  const header = headers.find(({ name }) => name.toLowerCase() === "content-type");
  return (header?.value.split(";")[0] ?? "").trim().toLowerCase();
}

const JSON_TOKENS = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON with every member on a line of its own; undefined for what is no JSON. Values stay as they were
 * sent: a number may have more digits than a browser can count with.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(JSON_TOKENS) ?? [];
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    if (token === "}" || token === "]") {
      depth -= 1;
      out += before === "{" || before === "[" ? token : line() + token;
    } else if (token === "," || token === ":") {
      out += token;
    } else {
      if (before === ":") out += " ";
      else if (before !== undefined) out += line();
      out += token;
      if (token === "{" || token === "[") depth += 1;
    }
  }
  return out;
}

const XML_TOKENS = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[^>]+>|[^<]+/g;

/** XML with every element on a line of its own, or with its text when that is all it has. */
export function indentXml(text: string): string {
  const lines: string[] = [];
  let depth = 0;
  // Whether the last line is an element that was opened, or its text.
  let open: "tag" | "text" | undefined;
  const push = (token: string) => lines.push("  ".repeat(Math.max(depth, 0)) + token);
  const append = (token: string) => lines.push((lines.pop() ?? "") + token);
  for (const token of text.match(XML_TOKENS) ?? []) {
    if (token.trim() === "") continue;
    if (token.startsWith("</")) {
      depth -= 1;
      if (open === undefined) push(token);
      else append(token);
      open = undefined;
    } else if (/^<[A-Za-z_]/.test(token) && !token.endsWith("/>")) {
      push(token);
      depth += 1;
      open = "tag";
    } else if (open === "tag" && !token.startsWith("<?") && !token.startsWith("<!--")) {
      append(token.trim());
      open = "text";
    } else {
      push(token.trim());
      open = undefined;
    }
  }
  return lines.join("\n");
}

/** The fields of a form, one a line; what is JSON in them is laid out below its name. */
function formText(body: string): string {
  return [...new URLSearchParams(body)]
    .map(([name, value]) => {
      const json = /^[{[]/.test(value) ? indentJson(value) : undefined;
      return json === undefined ? `${name} = ${value}` : `${name} =\n${json}`;
    })
    .join("\n");
}
