import { expect, test } from "vitest";
import { StreamReader } from "./sse";

const STREAM =
  ': hello\n\nevent: attempt\ndata: {"a":1}\n\nevent: overview\r\ndata: x\r\ndata: y\r\n\r\n';
const MESSAGES = [
  { event: "attempt", data: '{"a":1}' },
  { event: "overview", data: "x\ny" },
];

test("a stream is read the same wherever it is cut", () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    const reader = new StreamReader();
    const read = [...reader.push(STREAM.slice(0, cut)), ...reader.push(STREAM.slice(cut))];
    expect(read, `cut at ${cut}`).toEqual(MESSAGES);
  }
});

test("a stream is read letter by letter", () => {
  const reader = new StreamReader();
  expect(STREAM.split("").flatMap((letter) => reader.push(letter))).toEqual(MESSAGES);
});

test("an event without data is a message, and a comment is none", () => {
  const reader = new StreamReader();
  expect(reader.push(": still here\n\nevent: signed-out\n\n")).toEqual([
    { event: "signed-out", data: "" },
  ]);
});
