import type { DeadReason, ReplayView, StartReplay } from "@/api/schema.gen";
import { fromField, toField } from "@/features/history/timeRange";
import { isEventType } from "@/features/history/eventType";
import { DEAD_REASONS, isDeadReason } from "@/features/history/words";
import { exactTime } from "@/lib/time";

/** What is to be sent again, as the form has it. */
export interface Choice {
  registration: string | null;
  states: string[];
  reasons: string[];
  filter: string;
  type: string;
  /** Fields for local time. */
  from: string;
  to: string;
  pace: number | string;
}

/** The pace that the api takes unless one says otherwise. */
const PACE = 50;
export const MOST_PACE = 10_000;

/** Begins with what the address says: the filters of a list, or a webhook. */
export function choiceFrom(query: URLSearchParams): Choice {
  const value = (name: string) => query.get(name) ?? "";
  const reason = value("deadReason");
  return {
    registration: value("registrationId") || null,
    states: [value("state") === "delivered" ? "delivered" : "dead"],
    reasons: isDeadReason(reason) ? [reason] : [],
    filter: value("filter"),
    type: value("type"),
    from: toField(value("from")),
    to: toField(value("to")),
    pace: PACE,
  };
}

/** What is wrong with it before the server has a look. */
export function choiceErrors(choice: Choice): Partial<Record<keyof Choice, string>> {
  const errors: Partial<Record<keyof Choice, string>> = {};
  if (choice.registration === null) errors.registration = "Choose the webhook that gets it.";
  if (choice.states.length === 0) errors.states = "Choose one of them at least.";
  if (choice.type !== "" && !isEventType(choice.type))
    errors.type = "A type has up to 64 letters, digits, and the signs _ . -";
  if (choice.from !== "" && choice.to !== "" && choice.from >= choice.to)
    errors.to = "This is before the beginning.";
  const pace = Number(choice.pace);
  if (choice.pace === "" || !Number.isInteger(pace) || pace < 1 || pace > MOST_PACE)
    errors.pace = "A pace is 1 to 10,000 a second.";
  return errors;
}

/** The request. */
export function requestOf(choice: Choice): StartReplay {
  const states = choice.states.filter((state) => state === "dead" || state === "delivered");
  const [from, to] = [fromField(choice.from), fromField(choice.to)];
  return {
    states,
    // Only what was given up has a reason for it.
    ...(states.includes("dead") && { reasons: choice.reasons.filter(isDeadReason) }),
    ...(choice.filter !== "" && { filter: choice.filter }),
    ...(choice.type !== "" && { type: choice.type }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    pace: Number(choice.pace),
  };
}

/** The fields of the form, by the names that the api has for them. */
export const FIELDS = ["states", "reasons", "filter", "type", "from", "to", "pace"];

type Asked = Pick<ReplayView, "states" | "reasons" | "filter" | "type" | "from" | "to">;

/** What a replay sends again, in words: `Dead (attempts used up) · reports Added`. */
export function asked(replay: Asked): string {
  const reasons = replay.reasons.map((reason: DeadReason) => DEAD_REASONS[reason].short);
  const states = replay.states.map((state) =>
    state === "dead" && reasons.length > 0 ? `dead (${reasons.join(", ")})` : state,
  );
  const what = [replay.filter, replay.type].filter(Boolean).join(" ");
  const times = [
    replay.from === null ? "" : `since ${exactTime(new Date(replay.from))}`,
    replay.to === null ? "" : `before ${exactTime(new Date(replay.to))}`,
  ];
  const text = [states.join(" and "), what, ...times].filter((part) => part !== "").join(" · ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
