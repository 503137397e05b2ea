import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Link, Outlet, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { ListedView } from "@/api/schema.gen";
import { useIsAdministrator } from "@/api/session";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { DataGrid, type PageQuery } from "@/components/grid/DataGrid";
import { useLiveRefetch } from "@/live/useLive";
import { ALL_COLUMNS, OWN_COLUMNS } from "./columns";
import { LIST, useFilters, type WebhookPage } from "./queries";

const BY_URL = [{ id: "uri", desc: false }];
const HEALTH = ["registrations", "health"] as const;

function fetchPage({ limit, cursor, sort, search, filters, signal }: PageQuery) {
  const paused = filters.paused === undefined ? undefined : filters.paused === "true";
  const query = {
    limit,
    cursor,
    sort,
    search,
    filter: filters.filter,
    owner: filters.owner,
    paused,
  };
  return send<WebhookPage>(api.GET("/api/v1/registrations", { params: { query }, signal }));
}

/** Who wants which events where, and whether they get them. */
export default function Webhooks() {
  const administrator = useIsAdministrator();
  const filters = useFilters();
  const { search } = useLocation();
  // Attempts change how receivers do, not what is registered.
  useLiveRefetch(HEALTH, ["attempt"]);
  const client = useQueryClient();
  return (
    <>
      <PageTitle title="Webhooks">
        <Button
          component={Link}
          to={{ pathname: "/webhooks/new", search }}
          leftSection={<Plus size={16} aria-hidden />}
        >
          New webhook
        </Button>
      </PageTitle>
      <DataGrid<ListedView>
        id="webhooks"
        label="Webhooks"
        queryKey={LIST}
        onRefresh={() => void client.invalidateQueries({ queryKey: HEALTH })}
        fetchPage={fetchPage}
        rowId={(row) => row.id}
        rowPath={(row) => `/webhooks/${row.id}`}
        columns={administrator ? ALL_COLUMNS : OWN_COLUMNS}
        defaultSort={BY_URL}
        searchIn={administrator ? "URL, description, filters, user" : "URL, description, filters"}
        filters={[
          {
            id: "filter",
            label: "Filter",
            options: (filters.data ?? []).map(({ name }) => ({ value: name, label: name })),
          },
          {
            id: "paused",
            label: "Paused or not",
            options: [
              { value: "true", label: "Paused" },
              { value: "false", label: "Not paused" },
            ],
          },
        ]}
        empty={
          <EmptyState title="No webhooks yet" to="/webhooks/new" action="New webhook">
            A webhook tells a URL of yours what happens, as it happens.
          </EmptyState>
        }
      />
      <Outlet />
    </>
  );
}
