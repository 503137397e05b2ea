import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, send, sendForVersion } from "@/api/client";
import type { FilterView } from "@/api/schema.gen";
import { notifyDone } from "@/components/notify";
import { allBut } from "@/features/details/others";

/** A filter with its version, which changing it wants to know. */
export interface VersionedFilter {
  body: FilterView;
  version: string | undefined;
}

/** What is known of a filter. */
export function useFilter(name: string) {
  return useQuery<VersionedFilter>({
    queryKey: ["filters", "detail", name.toLowerCase()],
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/filters/{name}", { params: { path: { name } }, signal })),
  });
}

const MOST = 100;

/** How many webhooks ask for a filter by its name: counted up to a page of them. */
export function useUses(filter: string) {
  return useQuery({
    queryKey: ["registrations", "count", "filter", filter],
    queryFn: async ({ signal }) => {
      const query = { filter, limit: MOST };
      const page = await send(api.GET("/api/v1/registrations", { params: { query }, signal }));
      return { count: page.items.length, more: typeof page.next === "string" };
    },
  });
}

/** Deletes a filter. */
export function useDeleteFilter() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  return useMutation({
    mutationFn: ({ body: { name }, version }: VersionedFilter) => {
      const params = { path: { name }, header: { "If-Match": version } };
      return send(api.DELETE("/api/v1/filters/{name}", { params }));
    },
    onSuccess: async (_, { body: { name } }) => {
      notifyDone(`The filter ${name} is deleted.`);
      await navigate({ pathname: "/filters", search }, { state: { saved: true } });
      await client.invalidateQueries(allBut("filters", name.toLowerCase()));
    },
    // What is shown may be of yesterday: that is why it failed.
    onError: () => client.invalidateQueries({ queryKey: ["filters"] }),
  });
}
