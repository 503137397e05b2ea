import { useQuery, type QueryClient } from "@tanstack/react-query";
import { api, send } from "@/api/client";

const MOST = 100;

/** How many webhooks a user has: counted up to a page of them. */
function countOf(owner: string) {
  return {
    queryKey: ["registrations", "count", owner],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const query = { owner, limit: MOST };
      const page = await send(api.GET("/api/v1/registrations", { params: { query }, signal }));
      return { count: page.items.length, more: typeof page.next === "string" };
    },
  };
}

/** How many webhooks a user has. */
export function useWebhookCount(owner: string) {
  return useQuery(countOf(owner));
}

/** The same at this moment, for what is asked before they go. */
export function fetchWebhookCount(client: QueryClient, owner: string) {
  return client.query({ ...countOf(owner), staleTime: 0 });
}
