import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, send, sendForVersion } from "@/api/client";
import type { RegistrationHealth } from "@/api/schema.gen";
import type { ListedView, RegistrationDetail, RegistrationView } from "@/api/schema.gen";
import { notifyError, notifyUndo } from "@/components/notify";
import { Gatherer } from "./gatherer";

/** A page of the list. */
export interface WebhookPage {
  items: ListedView[];
  next?: string | null;
}

export const LIST = ["registrations", "list"] as const;
const detailKey = (id: string) => ["registrations", "detail", id] as const;
const healthKey = (id: string) => ["registrations", "health", id] as const;

/** Makes everything that shows registrations ask again. */
export function refreshWebhooks(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: ["registrations"] });
}

/** A webhook with its version, which changing it wants to know. */
export interface VersionedWebhook {
  body: RegistrationDetail;
  version: string | undefined;
}

export function useWebhook(id: string) {
  return useQuery<VersionedWebhook>({
    queryKey: detailKey(id),
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/registrations/{id}", { params: { path: { id } }, signal })),
  });
}

/** The webhook as it is stored when one begins to edit it: what one sees is what one changes. */
export function useWebhookToEdit(id: string) {
  return useQuery<VersionedWebhook>({
    queryKey: ["registration to edit", id],
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/registrations/{id}", { params: { path: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** One request for the health of all the rows that ask for it at a time. */
const gatherer = new Gatherer<RegistrationHealth>(async (ids) => {
  const query = { ids: ids.join(",") };
  const { items } = await send(api.GET("/api/v1/registrations/health", { params: { query } }));
  return new Map(items.map((health) => [health.id, health]));
});

/** How the receiver of a webhook does; null when nobody may know. */
export function useHealth(id: string) {
  return useQuery<RegistrationHealth | null>({
    queryKey: healthKey(id),
    queryFn: async () => (await gatherer.find(id)) ?? null,
    staleTime: 2_000,
    // What is held, or given up by hand, makes no attempt that would be news.
    refetchInterval: 10_000,
  });
}

/** Pauses and resumes a webhook: shown at once, taken back when it fails or is undone. */
export function usePause() {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: ({ id, paused }: { id: string; paused: boolean; quiet?: boolean }) =>
      send(api.PATCH("/api/v1/registrations/{id}", { params: { path: { id } }, body: { paused } })),
    onMutate: async ({ id, paused }) => {
      await client.cancelQueries({ queryKey: ["registrations"] });
      showPaused(client, id, paused);
    },
    onError: (error, { id, paused }) => {
      showPaused(client, id, !paused);
      notifyError(error);
    },
    onSuccess: (registration, { id, paused, quiet }) => {
      if (quiet === true) return;
      notifyUndo(pauseMessage(registration, paused), () =>
        change.mutate({ id, paused: !paused, quiet: true }),
      );
    },
    onSettled: () => refreshWebhooks(client),
  });
  return change;
}

function pauseMessage({ whilePaused }: RegistrationView, paused: boolean): string {
  if (!paused) return "Running again: what was held is sent.";
  return whilePaused === "hold"
    ? "Paused: deliveries are held until it runs again."
    : "Paused: deliveries are given up meanwhile, as this webhook says.";
}

function showPaused(client: QueryClient, id: string, paused: boolean): void {
  client.setQueriesData<WebhookPage>({ queryKey: LIST }, (page) =>
    page === undefined
      ? page
      : { ...page, items: page.items.map((row) => (row.id === id ? { ...row, paused } : row)) },
  );
  client.setQueryData<VersionedWebhook>(detailKey(id), (detail) =>
    detail === undefined ? detail : { ...detail, body: { ...detail.body, paused } },
  );
}

/** The filters that one can ask for. */
export function useFilters() {
  return useQuery({
    queryKey: ["filters", "all"],
    queryFn: ({ signal }) => send(api.GET("/api/v1/filters", { signal })),
    staleTime: 60_000,
    select: ({ items }) => items,
  });
}
