import { Route, Routes } from "react-router";
import { api, send } from "@/api/client";
import type { AuditView, OutcomeName } from "@/api/schema.gen";
import { DataGrid, type GridFilter } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { UserFilter } from "@/features/users/UserSelect";
import { COLUMNS } from "./columns";
import { Detail } from "./Detail";
import { OUTCOMES } from "./outcomes";

const FILTERS: GridFilter[] = [
  {
    id: "actor",
    label: "Who",
    render: (value, onChange) => (
      <UserFilter key="actor" label="Who" value={value} onChange={onChange} />
    ),
  },
  {
    id: "outcome",
    label: "Outcome",
    options: (Object.keys(OUTCOMES) as OutcomeName[]).map((value) => ({
      value,
      label: OUTCOMES[value].label,
    })),
  },
];

/** Who did, or tried, what. */
export default function Audit() {
  return (
    <>
      <PageTitle title="Audit" />
      <DataGrid<AuditView>
        id="audit"
        label="Audit log"
        queryKey={["audit", "list"]}
        fetchPage={({ limit, cursor, filters, signal }) => {
          const outcome = filters["outcome"] as OutcomeName | undefined;
          const query = { limit, cursor, actor: filters["actor"], outcome };
          return send(api.GET("/api/v1/audit", { params: { query }, signal }));
        }}
        rowId={(act) => act.id}
        rowPath={(act) => `/audit/${act.id}`}
        columns={COLUMNS}
        filters={FILTERS}
        empty={
          <EmptyState title="Nothing yet">
            Every change, every sign-in and every look at a secret is listed here, and what was
            denied.
          </EmptyState>
        }
      />
      <Routes>
        <Route path=":id" element={<Detail />} />
      </Routes>
    </>
  );
}
