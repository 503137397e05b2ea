import type { ExplanationView } from "@/api/schema.gen";
import type { Tone } from "@/components/StateBadge";
import { CHECKS } from "@/features/history/words";

interface Verdict {
  tone: Tone;
  label: string;
  sentence: string;
}

/** Whether a webhook gets an event, in a sentence that names what keeps it from it. */
export function verdict({ wouldReceive, reasons, delivery }: ExplanationView): Verdict {
  const failed = reasons.filter(({ passed }) => !passed).map(({ check }) => check);
  if (delivery !== null)
    return { tone: "info", label: "Matched", sentence: "This event is for this webhook." };
  if (wouldReceive)
    return { tone: "ok", label: "Would get it", sentence: "Nothing keeps it from this webhook." };
  const names = failed.map((check) => `“${lower(CHECKS[check])}”`);
  return {
    tone: "bad",
    label: "Does not get it",
    sentence:
      names.length === 1
        ? `One check is not passed: ${names.join("")}.`
        : `${names.length} checks are not passed: ${names.join(", ")}.`,
  };
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
