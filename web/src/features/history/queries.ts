import { useQuery } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import { COMMON_TYPES } from "./eventType";

/** A webhook by its id: what lists that only know the id show of it. */
export function useRegistration(id: string | null | undefined) {
  return useQuery({
    queryKey: ["registrations", "named", id],
    queryFn: ({ signal }) =>
      send(api.GET("/api/v1/registrations/{id}", { params: { path: { id: id ?? "" } }, signal })),
    enabled: typeof id === "string" && id !== "",
    staleTime: 60_000,
  });
}

/** The webhooks that a search finds, the first of them by URL. */
export function useRegistrations(search: string) {
  return useQuery({
    queryKey: ["registrations", "choices", search],
    queryFn: ({ signal }) =>
      send(
        api.GET("/api/v1/registrations", {
          params: { query: { limit: 20, ...(search !== "" && { search }) } },
          signal,
        }),
      ),
    staleTime: 30_000,
  });
}

/** The kinds of events that there are. */
export function useFilters() {
  return useQuery({
    queryKey: ["filters", "choices"],
    queryFn: ({ signal }) => send(api.GET("/api/v1/filters", { signal })),
    select: ({ items }) => items,
    staleTime: 60_000,
  });
}

/** An event with what became of it, as details show it. */
export function useEvent(id: string) {
  return useQuery({
    queryKey: ["events", "one", id],
    queryFn: ({ signal }) =>
      send(api.GET("/api/v1/events/{id}", { params: { path: { id } }, signal })),
    staleTime: 30_000,
  });
}

/** The types that events of a filter have, for suggestions. */
export function useEventTypes(filter: string): string[] {
  const { data } = useFilters();
  return data?.find(({ name }) => name === filter)?.eventTypes ?? COMMON_TYPES;
}
