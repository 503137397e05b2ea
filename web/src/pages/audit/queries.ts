import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, ApiError, send } from "@/api/client";
import type { AuditView } from "@/api/schema.gen";

/** How far back an entry is looked for that is not on the page that is shown. */
const PAGES = 10;
const PAGE = 100;

/** An entry of the audit log: of the list that is shown, else looked for among the newest 1,000. */
export function useEntry(id: string) {
  const client = useQueryClient();
  return useQuery<AuditView>({
    queryKey: ["audit", "entry", id],
    queryFn: async ({ signal }) => listed(client, id) ?? (await lookFor(id, signal)),
    initialData: () => listed(client, id),
  });
}

function listed(client: QueryClient, id: string): AuditView | undefined {
  const pages = client.getQueriesData<{ items: AuditView[] }>({ queryKey: ["audit", "list"] });
  for (const [, page] of pages) {
    const entry = page?.items.find((item) => item.id === id);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

async function lookFor(id: string, signal: AbortSignal): Promise<AuditView> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const query = { cursor, limit: PAGE };
    const { items, next } = await send(api.GET("/api/v1/audit", { params: { query }, signal }));
    const entry = items.find((item) => item.id === id);
    if (entry !== undefined) return entry;
    if (typeof next !== "string") break;
    cursor = next;
  }
  throw new ApiError(404, { title: "Not found", code: "not_found" });
}
