import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { Link, Route, Routes, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { RoleView } from "@/api/schema.gen";
import { DataGrid, type GridColumn } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { Time } from "@/components/Time";
import { matching } from "@/features/details/matching";
import { Detail } from "./Detail";
import { EditRole } from "./EditRole";
import { NewRole } from "./NewRole";

const COLUMNS: GridColumn<RoleView>[] = [
  { id: "name", header: "Name", main: true, cell: (role) => role.name },
  {
    id: "description",
    header: "Description",
    width: "32rem",
    cell: (role) => role.description ?? <span className="dimmed">–</span>,
  },
  { id: "origin", header: "Origin", cell: (role) => (role.builtIn ? "built in" : "custom") },
  {
    id: "updatedAt",
    header: "Last changed",
    cell: (role) => <Time at={role.builtIn ? null : role.updatedAt} />,
  },
  {
    id: "id",
    header: "Id",
    hidden: true,
    cell: (role) => <span className="mono">{role.id}</span>,
  },
];

/** Named sets of permissions. */
export default function Roles() {
  const { search } = useLocation();
  return (
    <>
      <PageTitle title="Roles">
        <Button
          component={Link}
          to={{ pathname: "/roles/new", search }}
          leftSection={<Plus size={16} aria-hidden />}
        >
          New role
        </Button>
      </PageTitle>
      <DataGrid<RoleView>
        id="roles"
        label="Roles"
        queryKey={["roles", "page"]}
        fetchPage={async ({ search: text, signal }) => {
          const { items } = await send(api.GET("/api/v1/roles", { signal }));
          const found = matching(items, text, ({ name, description }) => [name, description]);
          return { items: found, next: null };
        }}
        rowId={(role) => role.id}
        rowPath={(role) => `/roles/${role.id}`}
        columns={COLUMNS}
        searchIn="name, description"
        empty={<EmptyState title="No roles" to="/roles/new" action="New role" />}
      />
      <Routes>
        <Route path="new" element={<NewRole />} />
        <Route path=":id" element={<Detail />} />
        <Route path=":id/edit" element={<EditRole />} />
      </Routes>
    </>
  );
}
