import type { KeyScope } from "@/api/schema.gen";

interface Scope {
  name: KeyScope;
  label: string;
  explained: string;
}

/** What keys are good for, in words. */
export const SCOPES: readonly Scope[] = [
  {
    name: "publish",
    label: "Publish",
    explained: "Publish events of every kind. For the applications in which things happen.",
  },
  {
    name: "read",
    label: "Read",
    explained: "See what its user sees. For dashboards and checks.",
  },
  {
    name: "manage",
    label: "Manage",
    explained:
      "Change what its user may change, and see their secrets. For scripts that set up webhooks.",
  },
];

const DAY_MS = 86_400_000;
/** From when on a key is said to end soon. */
const SOON_MS = 14 * DAY_MS;

/** Whether a key works, by its end. */
export type KeyState = "active" | "ending" | "ended";

/** Where a key stands at a time. */
export function keyState(expiresAt: string | null, now: Date): KeyState {
  if (expiresAt === null) return "active";
  const left = new Date(expiresAt).getTime() - now.getTime();
  if (left <= 0) return "ended";
  return left < SOON_MS ? "ending" : "active";
}

/** How long a new key may work; `date` is until a day that is chosen. */
export const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "date", label: "Until a date" },
  { value: "never", label: "Without an end" },
] as const;

/** One of the lifetimes. */
export type Lifetime = (typeof LIFETIMES)[number]["value"];

/** When a new key ends: null is never, undefined that the day is missing or over. */
export function endOf(lifetime: Lifetime, date: string, now: Date): string | null | undefined {
  if (lifetime === "never") return null;
  if (lifetime !== "date") {
    return new Date(now.getTime() + Number(lifetime) * DAY_MS).toISOString();
  }
  // The whole of that day, where the user is.
  const end = new Date(`${date}T23:59:59`);
  if (Number.isNaN(end.getTime()) || end <= now) return undefined;
  return end.toISOString();
}

/** The scopes that a user may give to a key of `owner`. */
export function allowedScopes(administrator: boolean, own: boolean): KeyScope[] {
  return SCOPES.map(({ name }) => name).filter(
    (name) => (name !== "publish" || administrator) && (name !== "manage" || own),
  );
}
