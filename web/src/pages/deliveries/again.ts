import type { StateName } from "@/api/schema.gen";

/** What may keep a settled delivery from being sent again. */
export interface Circumstances {
  webhookDeleted: boolean;
  /** The event is not kept any more, or not for this user to see. */
  eventGone: boolean;
  payloadRemoved: boolean;
}

/** Why a delivery cannot be sent again; nothing when it can. */
export function whyNotAgain(state: StateName, about: Circumstances): string | undefined {
  if (state === "pending") return "It is on its way anyway.";
  if (state === "held") return "It is held, and goes by itself once nothing holds it any more.";
  if (about.webhookDeleted) return "Its webhook was deleted: there is nowhere to send it.";
  if (about.payloadRemoved) return "The payload of its event was removed.";
  if (about.eventGone) return "Its event is no longer kept.";
  return undefined;
}
