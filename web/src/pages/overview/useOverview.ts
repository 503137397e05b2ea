import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import type { Overview, OverviewNow } from "@/api/schema.gen";
import { useLive } from "@/live/useLive";

export type Range = Overview["range"];

/** The buckets grow slowly; the present comes by itself while there are news. */
const WITH_NEWS_MS = 30_000;
const WITHOUT_NEWS_MS = 10_000;

const keyOf = (range: Range) => ["overview", range];

/** The figures of the last hour, and of the range that was asked for. */
export function useOverview(range: Range): {
  hour: UseQueryResult<Overview>;
  asked: UseQueryResult<Overview>;
} {
  const client = useQueryClient();
  const live = useLive({
    overview: (now: OverviewNow) => {
      for (const each of ["hour", "day"] as const) {
        client.setQueryData<Overview>(keyOf(each), (before) => before && { ...before, now });
      }
    },
  });
  const every = live === "live" ? WITH_NEWS_MS : WITHOUT_NEWS_MS;
  const hour = useFigures("hour", every, true);
  const day = useFigures("day", every, range === "day");
  return { hour, asked: range === "day" ? day : hour };
}

function useFigures(range: Range, every: number, enabled: boolean): UseQueryResult<Overview> {
  return useQuery({
    queryKey: keyOf(range),
    queryFn: ({ signal }) =>
      send<Overview>(api.GET("/api/v1/overview", { params: { query: { range } }, signal })),
    refetchInterval: every,
    enabled,
  });
}
