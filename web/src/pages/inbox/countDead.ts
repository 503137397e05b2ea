import { api, send } from "@/api/client";
import type { InboxItem } from "@/api/schema.gen";

/** Which dead webhooks are meant. */
export interface Which {
  receiver?: string;
  receiverId?: string;
  action?: string;
  from?: string;
  to?: string;
}

type FetchPage = (
  cursor: string | undefined,
) => Promise<{ items: unknown[]; next?: string | null }>;

const PAGES = 10;

/** Counts by following pages, ten at the most: after that there are more. */
export async function countPages(fetchPage: FetchPage): Promise<{ count: number; more: boolean }> {
  let count = 0;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const { items, next } = await fetchPage(cursor);
    count += items.length;
    if (typeof next !== "string") return { count, more: false };
    cursor = next;
  }
  return { count, more: true };
}

/** How many dead webhooks there are of these. */
export function countDead(which: Which, signal: AbortSignal) {
  return countPages((cursor): Promise<{ items: InboxItem[]; next?: string | null }> => {
    const query = { ...which, state: "dead" as const, limit: 100, cursor };
    return send(api.GET("/api/v1/inbox", { params: { query }, signal }));
  });
}
