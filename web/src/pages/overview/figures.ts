import type { OverviewNow } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";
import { countText, percentText, rateText, UNKNOWN } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { span } from "./span";
import { oldestDueAge } from "./verdict";

/** One number, what it means, and the list that shows what it counts. */
export interface Figure {
  label: string;
  value: string;
  hint: string;
  to: string;
  /** Only where the number itself is worth a look. */
  tone?: Tone;
}

/** Nothing of the kind happened, which is known. */
const NONE = "none";

/** What happened within the last five minutes that are over. */
export function recentFigures(now: OverviewNow): Figure[] {
  // Without attempts there is no rate and no latency; that they are missing does not make them unknown.
  const idle = now.deliveries.perSecond !== null;
  const latency = (milliseconds: number | null) => {
    if (milliseconds !== null) return duration(milliseconds);
    return idle ? NONE : UNKNOWN;
  };
  return [
    {
      label: "Events",
      value: rateText(now.events.perSecond),
      hint: "accepted",
      to: "/events",
    },
    {
      label: "Deliveries",
      value: rateText(now.deliveries.perSecond),
      hint: "delivered",
      to: "/deliveries?state=delivered",
    },
    {
      label: "Success rate",
      value: now.successRate === null && idle ? NONE : percentText(now.successRate),
      hint: "of all attempts",
      to: "/deliveries",
    },
    {
      label: "Time to deliver, p50",
      value: latency(now.p50Ms),
      hint: "half are faster",
      to: "/deliveries?state=delivered",
    },
    {
      label: "Time to deliver, p99",
      value: latency(now.p99Ms),
      hint: "1 of 100 is slower",
      to: "/deliveries?state=delivered",
    },
  ];
}

/** What waits, and what was given up. */
export function waitingFigures(now: OverviewNow): Figure[] {
  const age = oldestDueAge(now);
  const overdue = age === null ? (now.wanted === null ? UNKNOWN : NONE) : span(age);
  return [
    {
      label: "Undispatched",
      value: countText(now.undispatched),
      hint: "events to dispatch",
      to: "/events",
    },
    {
      label: "Due now",
      value: countText(now.wanted),
      hint: "to be sent at once",
      to: "/deliveries?state=pending",
    },
    {
      label: "Oldest due",
      value: overdue,
      hint: "has been due for",
      to: "/deliveries?state=pending",
      ...(age !== null && age > 60_000 && { tone: "bad" as const }),
    },
    {
      label: "Waiting for a retry",
      value: countText(now.waiting),
      hint: "after a failure",
      to: "/deliveries?state=pending",
    },
    {
      label: "Held",
      value: countText(now.held),
      hint: "paused, failing or paced",
      to: "/deliveries?state=held",
    },
    {
      label: "Given up",
      value: countText(now.dead),
      hint: "dead, all on record",
      to: "/deliveries?state=dead",
    },
    {
      label: "Open breakers",
      value: countText(now.openBreakers),
      hint: "receivers left alone",
      to: "/deliveries?state=held&holdReason=breaker",
      ...(now.openBreakers !== null && now.openBreakers.count > 0 && { tone: "wait" as const }),
    },
  ];
}

/** How a queue is called for people. */
const QUEUES: Record<string, { label: string; to: string }> = {
  events: { label: "Queue of events", to: "/events" },
  deliveries: { label: "Queue of deliveries", to: "/deliveries?state=pending" },
  retries: { label: "Queue of retries", to: "/deliveries?state=pending" },
  inbox: { label: "Queue of the inbox", to: "/inbox" },
};

/** How many messages wait in each queue. */
export function queueFigures({ queues }: OverviewNow): Figure[] {
  return queues.map(({ name, depth }) => ({
    label: QUEUES[name]?.label ?? `Queue ${name}`,
    value: countText(depth),
    hint: "messages",
    to: QUEUES[name]?.to ?? "/deliveries?state=pending",
  }));
}
