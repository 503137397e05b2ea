import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Link, Route, Routes, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { ApiKeyView, CreatedApiKey } from "@/api/schema.gen";
import { DataGrid, type GridFilter } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { KEY_COLUMNS } from "@/features/keys/columns";
import { KeyShown } from "@/features/keys/KeyShown";
import { NewKey } from "@/features/keys/NewKey";
import { UserFilter } from "@/features/users/UserSelect";

const FILTERS: GridFilter[] = [
  {
    id: "user",
    label: "User",
    render: (value, onChange) => (
      <UserFilter key="user" label="Acts for" value={value} onChange={onChange} />
    ),
  },
];

/** What programs prove themselves with: everybody's keys, for administrators. */
export default function Keys() {
  const { search } = useLocation();
  const [made, setMade] = useState<CreatedApiKey>();
  return (
    <>
      <PageTitle title="API keys">
        <Button
          component={Link}
          to={{ pathname: "/keys/new", search }}
          leftSection={<Plus size={16} aria-hidden />}
        >
          New API key
        </Button>
      </PageTitle>
      <DataGrid<ApiKeyView>
        id="keys"
        label="API keys"
        queryKey={["keys", "list"]}
        fetchPage={({ limit, cursor, filters, signal }) => {
          const query = { limit, cursor, user: filters["user"] };
          return send(api.GET("/api/v1/api-keys", { params: { query }, signal }));
        }}
        rowId={(key) => key.id}
        columns={KEY_COLUMNS}
        filters={FILTERS}
        empty={
          <EmptyState title="No API keys yet" to="/keys/new" action="New API key">
            Programs prove themselves with API keys: one that publishes events needs one, and people
            sign in with their passwords.
          </EmptyState>
        }
      />
      <Routes>
        <Route path="new" element={<NewKey closeTo="/keys" onMade={setMade} forOthers />} />
      </Routes>
      {made !== undefined && <KeyShown made={made} onDone={() => setMade(undefined)} />}
    </>
  );
}
