import type { OutcomeName } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";

interface Outcome {
  tone: Tone;
  label: string;
  explained: string;
}

/** How acts end, in words. */
export const OUTCOMES: Record<OutcomeName, Outcome> = {
  done: { tone: "ok", label: "Done", explained: "It was done." },
  denied: {
    tone: "bad",
    label: "Denied",
    explained: "They may not do this, or could not sign in.",
  },
  refused: {
    tone: "wait",
    label: "Refused",
    explained: "The request could not be followed, such as with a name that is taken.",
  },
  failed: { tone: "bad", label: "Failed", explained: "The server failed; it may be in its log." },
  started: {
    tone: "info",
    label: "Started",
    explained:
      "It is not over, or its end is unknown: the server stopped before it could say whether it was done.",
  },
};
