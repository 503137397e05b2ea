import { BACKGROUND, signedOut } from "@/api/client";
import { StreamReader, type StreamMessage } from "./sse";

/** Whether news arrive. `off`: the api says that there are none to be had. */
export type LiveState = "connecting" | "live" | "lost" | "off";

interface Listener {
  onMessage: (message: StreamMessage) => void;
  onState: (state: LiveState) => void;
}

const LONGEST_WAIT_MS = 60_000;
/** The api sends a comment every 15 s: silence for three of them is a lost connection. */
const SILENCE_MS = 50_000;

/** How long to wait before the n-th try to connect again. */
export function waitBefore(tries: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** Math.min(tries, 10));
  return longest / 2 + (longest / 2) * random;
}

type End = "stopped" | "signed-out" | "off" | "busy" | "broken";

/**
 * Keeps one connection to the stream of news, until it is told to stop.
 *
 * `fetch` instead of `EventSource`, which can neither say that nobody asked for this request nor tell
 * a session that ended from a server that is busy.
 */
export async function keepStreaming(listener: Listener, stop: AbortSignal): Promise<void> {
  for (let tries = 0; !stop.aborted; tries += 1) {
    listener.onState(tries === 0 ? "connecting" : "lost");
    const end = await streamOnce(listener, stop, () => {
      tries = 0;
      listener.onState("live");
    });
    if (end === "stopped") return;
    if (end === "signed-out") {
      signedOut();
      return;
    }
    if (end === "off") {
      listener.onState("off");
      return;
    }
    listener.onState("lost");
    await pause(end === "busy" ? LONGEST_WAIT_MS : waitBefore(tries), stop);
  }
}

async function streamOnce(listener: Listener, stop: AbortSignal, onOpen: () => void): Promise<End> {
  const silence = new AbortController();
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    heard();
    const response = await fetch("/api/v1/live", {
      headers: { accept: "text/event-stream", [BACKGROUND]: "true" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (response.status === 401) return "signed-out";
    if (response.status === 403 || response.status === 404) return "off";
    if (response.status === 429) return "busy";
    if (!response.ok || response.body === null) return "broken";
    onOpen();
    return await read(response.body, listener, heard);
  } catch {
    return stop.aborted ? "stopped" : "broken";
  } finally {
    clearTimeout(timer);
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  listener: Listener,
  heard: () => void,
): Promise<End> {
  const messages = new StreamReader();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return "broken";
    heard();
    for (const message of messages.push(decoder.decode(value, { stream: true }))) {
      if (message.event === "signed-out") return "signed-out";
      listener.onMessage(message);
    }
  }
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
