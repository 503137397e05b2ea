import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { Link, Route, Routes, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { FilterView, OriginView } from "@/api/schema.gen";
import { DataGrid, type GridColumn, type GridFilter } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { Time } from "@/components/Time";
import { matching } from "@/features/details/matching";
import { Detail } from "./Detail";
import { EditFilter } from "./EditFilter";
import { NewFilter } from "./NewFilter";
import { ORIGINS } from "./origins";

const COLUMNS: GridColumn<FilterView>[] = [
  {
    id: "name",
    header: "Name",
    main: true,
    cell: (filter) => <span className="mono">{filter.name}</span>,
  },
  {
    id: "description",
    header: "Description",
    width: "32rem",
    cell: (filter) => filter.description ?? <span className="dimmed">–</span>,
  },
  { id: "origin", header: "Origin", cell: (filter) => ORIGINS[filter.origin] },
  {
    id: "eventTypes",
    header: "Event types",
    width: "20rem",
    cell: ({ eventTypes }) =>
      eventTypes?.join(", ") ?? <span className="dimmed">what publishers say</span>,
  },
  {
    id: "updatedAt",
    header: "Last changed",
    cell: (filter) => <Time at={filter.updatedAt} />,
  },
];

const BY_ORIGIN: GridFilter[] = [
  {
    id: "origin",
    label: "Origin",
    options: (Object.keys(ORIGINS) as OriginView[]).map((value) => ({
      value,
      label: ORIGINS[value],
    })),
  },
];

/** The kinds of events that can be published and asked for. */
export default function Filters() {
  const { search } = useLocation();
  return (
    <>
      <PageTitle title="Filters">
        <Button
          component={Link}
          to={{ pathname: "/filters/new", search }}
          leftSection={<Plus size={16} aria-hidden />}
        >
          New filter
        </Button>
      </PageTitle>
      <DataGrid<FilterView>
        id="filters"
        label="Filters"
        queryKey={["filters", "page"]}
        fetchPage={async ({ search: text, filters, signal }) => {
          const { items } = await send(api.GET("/api/v1/filters", { signal }));
          const found = matching(items, text, ({ name, description }) => [name, description]);
          const origin = filters["origin"];
          return {
            items: found.filter((filter) => origin === undefined || filter.origin === origin),
            next: null,
          };
        }}
        rowId={(filter) => filter.name}
        rowPath={(filter) => `/filters/${filter.name}`}
        columns={COLUMNS}
        filters={BY_ORIGIN}
        searchIn="name, description"
        empty={<EmptyState title="No filters" to="/filters/new" action="New filter" />}
      />
      <Routes>
        <Route path="new" element={<NewFilter />} />
        <Route path=":name" element={<Detail />} />
        <Route path=":name/edit" element={<EditFilter />} />
      </Routes>
    </>
  );
}
