import type { HoldReason } from "@/api/schema.gen";

const TEXTS: Record<HoldReason, string> = {
  bundled: "Waits to be sent together with others.",
  owner_disabled: "Held: the owner of the webhook is switched off.",
  disabled: "Held: the webhook is switched off.",
  paused: "Held: the webhook is paused.",
  secret_expired: "Held: the secret has expired.",
  breaker: "Held: the receiver fails, and is given a pause.",
  paced: "Waits for its turn: the rate is limited.",
  busy: "Waits for its turn: the receiver is busy.",
};

/** What a held delivery waits for. */
export function holdText(reason: HoldReason | null): string {
  return reason === null ? "Held." : TEXTS[reason];
}
