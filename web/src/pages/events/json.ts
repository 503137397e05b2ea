/*
 * Data of publishers is kept to the byte, so that it must not go through JavaScript's numbers on its way
 * to the page or back: large ones lose digits there. These work on the text.
 */

const OPENING = "{[";
const CLOSING = "}]";

/** Where the string ends that begins at `start`: behind its closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Where the value ends that begins at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (letter === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (depth === 0 && (letter === "," || CLOSING.includes(letter))) return at;
    if (OPENING.includes(letter)) depth += 1;
    else if (CLOSING.includes(letter)) depth -= 1;
    at += 1;
    if (depth === 0 && CLOSING.includes(letter)) return at;
  }
  return at;
}

const skipBlank = (text: string, start: number): number => {
  let at = start;
  while (/\s/.test(text.charAt(at))) at += 1;
  return at;
};

/** The text of a member of a (valid) JSON object; the last one of that name. */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipBlank(object, 0) + 1;
  for (;;) {
    at = skipBlank(object, at);
    if (object[at] !== '"') return found;
    const end = endOfString(object, at);
    const key: unknown = JSON.parse(object.slice(at, end));
    const value = skipBlank(object, skipBlank(object, end) + 1);
    const after = endOfValue(object, value);
    if (key === name) found = object.slice(value, after).trim();
    at = skipBlank(object, after) + 1;
  }
}

/** Valid JSON with line breaks and indents, and every number and string as it was written. */
export function indentJson(text: string): string {
  let out = "";
  let depth = 0;
  let at = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  while (at < text.length) {
    const letter = text.charAt(at);
    if (letter === '"') {
      const end = endOfString(text, at);
      out += text.slice(at, end);
      at = end;
      continue;
    }
    if (OPENING.includes(letter)) {
      const inner = skipBlank(text, at + 1);
      if (CLOSING.includes(text.charAt(inner)) && inner < text.length) {
        out += letter + text.charAt(inner);
        at = inner + 1;
        continue;
      }
      depth += 1;
      out += letter + line();
    } else if (CLOSING.includes(letter)) {
      depth -= 1;
      out += line() + letter;
    } else if (letter === ",") out += `,${line()}`;
    else if (letter === ":") out += ": ";
    else if (!/\s/.test(letter)) out += letter;
    at += 1;
  }
  return out;
}

/** What is wrong with a text that should be JSON; nothing when it is. */
export function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "This is no JSON.";
  }
}
