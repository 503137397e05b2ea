import type { BrowserContext, ConsoleMessage } from "@playwright/test";

/** Answers that tests provoke: the browser writes a line for each, whatever the page makes of it. */
const PROVOKED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/**
 * Collects what pages complain about: faults, lines of errors and warnings, and whatever the policy of
 * the pages kept from being loaded or run.
 */
export function watch(context: BrowserContext): string[] {
  const complaints: string[] = [];
  const onMessage = (message: ConsoleMessage) => {
    const bad = message.type() === "error" || message.type() === "warning";
    if (bad && !PROVOKED.test(message.text())) complaints.push(message.text());
  };
  context.on("console", onMessage);
  context.on("weberror", (fault) => complaints.push(fault.error().stack ?? "a fault"));
  return complaints;
}
