import { Button } from "@mantine/core";
import { UserPlus } from "lucide-react";
import { Link, Route, Routes, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { UserView } from "@/api/schema.gen";
import { DataGrid } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { COLUMNS } from "./columns";
import { Detail } from "./Detail";
import { NewUser } from "./NewUser";
import { ResetPassword } from "./ResetPassword";

/** Who may sign in. */
export default function Users() {
  const { search } = useLocation();
  return (
    <>
      <PageTitle title="Users">
        <Button
          component={Link}
          to={{ pathname: "/users/new", search }}
          leftSection={<UserPlus size={16} aria-hidden />}
        >
          Add user
        </Button>
      </PageTitle>
      <DataGrid<UserView>
        id="users"
        label="Users"
        queryKey={["users", "list"]}
        fetchPage={({ limit, cursor, search: text, signal }) => {
          const query = { limit, cursor, search: text };
          return send(api.GET("/api/v1/users", { params: { query }, signal }));
        }}
        rowId={(user) => user.id}
        rowPath={(user) => `/users/${user.id}`}
        columns={COLUMNS}
        searchIn="name"
        empty={
          <EmptyState title="No users yet" to="/users/new" action="Add user">
            Whoever is to register webhooks needs a user.
          </EmptyState>
        }
      />
      <Routes>
        <Route path="new" element={<NewUser />} />
        <Route path=":id" element={<Detail />} />
        <Route path=":id/password" element={<ResetPassword />} />
      </Routes>
    </>
  );
}
