import type { ListedDelivery } from "@/api/schema.gen";
import type { LiveAttempt } from "@/live/useLive";

/** The most news that are kept for rows that have left the newest page. */
const MOST = 500;

/** Keeps the newest news of a delivery, and forgets the oldest when there are too many. */
export function remember(patches: Map<string, LiveAttempt>, news: LiveAttempt): void {
  patches.delete(news.deliveryId);
  patches.set(news.deliveryId, news);
  const [oldest] = patches.keys();
  if (patches.size > MOST && oldest !== undefined) patches.delete(oldest);
}

/** A row as the news say that it is now; what they do not say is left out. */
export function updated(row: ListedDelivery, news: LiveAttempt | undefined): ListedDelivery {
  if (news === undefined) return row;
  const same = news.state === row.state;
  return {
    ...row,
    state: news.state,
    lastStatus: news.status,
    lastCause: news.cause,
    holdReason: same ? row.holdReason : null,
    deadReason: same ? row.deadReason : null,
    nextAttemptAt: news.state === "pending" ? row.nextAttemptAt : null,
  };
}
