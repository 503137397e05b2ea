import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 20_000;
const EVERY_MS = 50;

/** Asks again until the answer is something, and returns it; what it throws ends it at once. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false>,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    await pause(EVERY_MS);
  }
  throw new Error(`not in time: ${what}`);
}
