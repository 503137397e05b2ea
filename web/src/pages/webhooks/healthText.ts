import type { RecentDelivery } from "@/api/schema.gen";
import type { StateName } from "@/api/schema.gen";

const WORDS: [StateName, string][] = [
  ["delivered", "delivered"],
  ["dead", "dead"],
  ["held", "held"],
  ["pending", "pending"],
];

/** The newest deliveries in words: `The last 12 deliveries: 11 delivered, 1 dead. The newest: …`. */
export function healthText(recent: readonly RecentDelivery[], ago: (at: string) => string): string {
  const [newest] = recent;
  if (newest === undefined) return "No deliveries yet";
  const counts = WORDS.map(([state, word]) => {
    const count = recent.filter((delivery) => delivery.state === state).length;
    return count === 0 ? undefined : `${count} ${word}`;
  }).filter((part) => part !== undefined);
  const of = recent.length === 1 ? "The only delivery" : `The last ${recent.length} deliveries`;
  const why = newest.state === "dead" && newest.lastCause !== null ? `, ${newest.lastCause}` : "";
  const status = newest.lastStatus === null ? "" : ` with ${newest.lastStatus}`;
  return `${of}: ${counts.join(", ")}. The newest: ${newest.state}${status}${why}, ${ago(newest.at)}.`;
}
