import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { whenSignedOut } from "@/api/client";
import { keepStreaming, waitBefore, type LiveState } from "./stream";

const states: LiveState[] = [];
const messages: string[] = [];
const listener = {
  onState: (state: LiveState) => void states.push(state),
  onMessage: ({ event }: { event: string }) => void messages.push(event),
};

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  states.length = 0;
  messages.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

/** Answers one request after the other; the last one is what stops. */
function answering(...answers: (() => Response)[]): { stop: AbortController; requests: Request[] } {
  const stop = new AbortController();
  const requests: Request[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    requests.push(new Request(`http://localhost${path}`, { headers: init.headers ?? {} }));
    const answer = answers.shift();
    if (answer === undefined) {
      stop.abort();
      return Promise.reject(new TypeError("stopped"));
    }
    return Promise.resolve(answer());
  });
  return { stop, requests };
}

test("a stream that says that one is signed out ends, and the session with it", async () => {
  const { stop } = answering(
    () => new Response("event: attempt\ndata: {}\n\nevent: signed-out\n\n"),
  );
  const out = vi.fn();
  whenSignedOut(out);
  await keepStreaming(listener, stop.signal);
  expect(messages).toEqual(["attempt"]);
  expect(out).toHaveBeenCalledOnce();
});

test("a request for the stream does not prolong the session", async () => {
  const { stop, requests } = answering(() => new Response(null, { status: 404 }));
  await keepStreaming(listener, stop.signal);
  expect(requests[0]?.headers.get("postrider-background")).toBe("true");
});

test("without a stream to be had nobody tries again", async () => {
  const { stop, requests } = answering(() => new Response(null, { status: 403 }));
  await keepStreaming(listener, stop.signal);
  expect(requests).toHaveLength(1);
  expect(states).toEqual(["connecting", "off"]);
});

test("a stream that breaks is tried again, and a good one counts as a new beginning", async () => {
  vi.useFakeTimers();
  try {
    const { stop, requests } = answering(
      () => new Response(null, { status: 503 }),
      () => new Response("event: attempt\ndata: {}\n\n"),
    );
    const streaming = keepStreaming(listener, stop.signal);
    await vi.runAllTimersAsync();
    await streaming;
    expect(requests).toHaveLength(3);
    expect(messages).toEqual(["attempt"]);
    expect(states.filter((state) => state === "live")).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test("waiting grows up to a minute, and is never the same for everybody", () => {
  expect([0, 1, 2, 3].map((tries) => waitBefore(tries, 1))).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(waitBefore(50, 1)).toBe(60_000);
  expect(waitBefore(50, 0)).toBe(30_000);
});
