import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { Link } from "react-router";
import { api, send } from "@/api/client";
import type { ApiKeyView } from "@/api/schema.gen";
import { useMe } from "@/api/session";
import { DataGrid } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { OWN_KEY_COLUMNS } from "@/features/keys/columns";
import { Panel } from "./Panel";

/** The keys with which programs act in one's name. */
export function OwnKeys() {
  const me = useMe();
  return (
    <Panel
      title="Your API keys"
      actions={
        <Button
          component={Link}
          to="/account/new-key"
          variant="default"
          leftSection={<Plus size={16} aria-hidden />}
        >
          New API key
        </Button>
      }
    >
      <DataGrid<ApiKeyView>
        id="own-keys"
        label="List of your API keys"
        queryKey={["keys", "own"]}
        fetchPage={({ limit, cursor, signal }) => {
          const query = { limit, cursor, user: me.id };
          return send(api.GET("/api/v1/api-keys", { params: { query }, signal }));
        }}
        rowId={(key) => key.id}
        columns={OWN_KEY_COLUMNS}
        empty={
          <EmptyState title="No API keys">
            A program of yours that calls the API needs one: it acts in your name, without your
            password.
          </EmptyState>
        }
      />
    </Panel>
  );
}
