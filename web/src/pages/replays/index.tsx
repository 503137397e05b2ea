import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Repeat } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, Route, Routes, useSearchParams } from "react-router";
import { api, send } from "@/api/client";
import type { ReplayView } from "@/api/schema.gen";
import { DataGrid, type PageQuery } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { registrationFilter } from "@/features/history/filters";
import { columns } from "./columns";
import { NewReplay } from "./NewReplay";
import { ReplayDrawer } from "./ReplayDrawer";

const LIST = ["replays", "list"] as const;
const filters = [registrationFilter];
/** How often the list asks how far the replays that run are. */
const PROGRESS_MS = 2_000;

/** Jobs that send again what was settled. */
export default function Replays() {
  const [query] = useSearchParams();
  const registration = query.get("registrationId");
  const begin =
    registration === null ? "" : `?${new URLSearchParams({ registrationId: registration })}`;
  const fetchReplays = useFetchReplays();
  return (
    <>
      <PageTitle title="Replays">
        <Button
          component={Link}
          to={`/replays/new${begin}`}
          leftSection={<Repeat size={15} aria-hidden />}
        >
          New replay
        </Button>
      </PageTitle>
      <DataGrid<ReplayView>
        id="replays"
        label="Replays"
        queryKey={LIST}
        fetchPage={fetchReplays}
        rowId={({ id }) => id}
        rowPath={({ id }) => `/replays/${id}`}
        columns={columns}
        filters={filters}
        empty={
          <EmptyState title="Nothing was replayed yet" to="/replays/new" action="New replay">
            <p>
              A replay sends deliveries again that were given up or delivered, at a pace that the
              receiver can take: after an outage, or when the receiver lost what it had.
            </p>
          </EmptyState>
        }
      />
      <Routes>
        <Route path="new" element={<NewReplay />} />
        <Route path=":id" element={<ReplayDrawer />} />
      </Routes>
    </>
  );
}

/** Asks for a page, and again and again while a replay on it runs. */
function useFetchReplays() {
  const client = useQueryClient();
  const [running, setRunning] = useState(false);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void client.invalidateQueries({ queryKey: LIST });
    }, PROGRESS_MS);
    return () => clearInterval(timer);
  }, [running, client]);
  return async ({ limit, cursor, filters: { registrationId }, signal }: PageQuery) => {
    const page = await send(
      api.GET("/api/v1/replays", { params: { query: { limit, cursor, registrationId } }, signal }),
    );
    setRunning(page.items.some(({ state }) => state === "running"));
    return page;
  };
}
