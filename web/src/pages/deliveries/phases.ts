import type { TimingsView } from "@/api/schema.gen";
import { duration } from "@/lib/time";

/** A part of the time that an attempt took. */
export interface Phase {
  id: "dns" | "connect" | "tls" | "firstByte" | "rest";
  label: string;
  milliseconds: number;
  /** Of the whole, from 0 to 1. */
  share: number;
}

const KNOWN = [
  ["dns", "dnsMs", "Name lookup"],
  ["connect", "connectMs", "Connecting"],
  ["tls", "tlsMs", "TLS"],
  ["firstByte", "firstByteMs", "First byte"],
] as const;

/** Less than this is rounding, and no part of its own. */
const LEAST_REST_MS = 1;

/**
 * Where the time went, in the order in which it did. A phase that did not happen, or was not got
 * through, is left out; what the phases leave is the rest: reading the answer, or waiting in vain.
 */
export function phases(timings: TimingsView, durationMs: number, answered: boolean): Phase[] {
  const found: Omit<Phase, "share">[] = [];
  for (const [id, name, label] of KNOWN) {
    const milliseconds = timings[name];
    if (milliseconds !== null) found.push({ id, label, milliseconds });
  }
  const known = found.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rest = durationMs - known;
  if (rest >= LEAST_REST_MS || (found.length === 0 && durationMs > 0))
    found.push({
      id: "rest",
      label: answered ? "Rest of the answer" : "Until it ended",
      milliseconds: rest,
    });
  const whole = found.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return found.map((phase) => ({
    ...phase,
    share: whole === 0 ? 0 : phase.milliseconds / whole,
  }));
}

/** The phases as a sentence, for who does not see the bar. */
export function phasesText(parts: readonly Phase[], durationMs: number): string {
  const each = parts.map(({ label, milliseconds }) => `${label} ${duration(milliseconds)}`);
  return `${duration(durationMs)} in all: ${each.join(", ")}`;
}
