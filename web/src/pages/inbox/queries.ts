import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { InboxItem, InboxReport, InboxState, ReplayInbox } from "@/api/schema.gen";
import type { PageQuery } from "@/components/grid/DataGrid";
import { notifyDone, notifyError } from "@/components/notify";
import { moments } from "@/features/history/timeRange";
import { walk } from "@/features/history/walk";
import { things } from "@/lib/numbers";

/** A page of received webhooks. */
export function fetchInbox({ limit, cursor, filters, signal }: PageQuery) {
  const { state, receiver, receiverId, action } = filters;
  const narrowed = { receiver, receiverId, action, state: state as InboxState | undefined };
  return walk<InboxItem>((at) => {
    const query = { limit, cursor: at, ...narrowed, ...moments(filters, new Date()) };
    return send(api.GET("/api/v1/inbox", { params: { query }, signal }));
  }, cursor);
}

const EVERY_MS = 10_000;

/** Nothing tells what comes in: asks now and then, while nothing jumps under a reader by it. */
export function useFreshList(): void {
  const client = useQueryClient();
  const { pathname } = useLocation();
  useEffect(() => {
    if (pathname !== "/inbox") return undefined;
    const ask = () => {
      const read = document.visibilityState === "hidden" || window.scrollY > 0;
      if (!read) void client.invalidateQueries({ queryKey: ["inbox", "list"] });
    };
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [client, pathname]);
}

/** A received webhook with its runs; asked for again while it is not over. */
export function useReport(id: string) {
  return useQuery<InboxReport>({
    queryKey: ["inbox", "detail", id],
    queryFn: ({ signal }) =>
      send(api.GET("/api/v1/inbox/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === "pending" ? 2_000 : false),
  });
}

/** Has the handlers of a webhook run again. */
export function useReplay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      send(api.POST("/api/v1/inbox/{id}/replay", { params: { path: { id } } })),
    onSuccess: () => notifyDone("Its handlers run again."),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ["inbox"] }),
  });
}

/** Has the handlers of dead webhooks run again. */
export function useReplayDead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ReplayInbox) => send(api.POST("/api/v1/inbox/replays", { body })),
    onSuccess: ({ replayed }, { limit }) => {
      const more = replayed === limit ? " There may be more: replay again for those." : "";
      notifyDone(`${things(replayed, "webhook is", "webhooks are")} processed again.${more}`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["inbox"] }),
  });
}
