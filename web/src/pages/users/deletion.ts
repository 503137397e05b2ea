import { things } from "@/lib/numbers";

/** What follows from deleting a user who has this many webhooks. */
export function deletionText(webhooks: { count: number; more: boolean }): string {
  const theirs =
    webhooks.count === 0
      ? "They have no webhooks."
      : `Their ${things(webhooks, "webhook ends", "webhooks end")} with them, and deliveries that are not done yet are given up.`;
  return `${theirs} Their API keys and permissions are gone at once. History and the audit log stay. This cannot be undone: to keep what is theirs, switch them off instead.`;
}
