import { Button } from "@mantine/core";
import { CircleQuestionMark, Zap } from "lucide-react";
import { Link, Route, Routes, useLocation } from "react-router";
import { api, send } from "@/api/client";
import type { ListedEvent } from "@/api/schema.gen";
import { DataGrid, type GridFilter, type PageQuery } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { filterFilter, timeFilters, typeFilter } from "@/features/history/filters";
import { NewRows } from "@/features/history/NewRows";
import { moments } from "@/features/history/timeRange";
import { useSteadyRows } from "@/features/history/useSteadyRows";
import type { Listed } from "@/features/history/walk";
import { columns } from "./columns";
import { EventDrawer } from "./EventDrawer";
import { useMayPublish } from "./mayPublish";
import { PublishDrawer } from "./PublishDrawer";
import { WhyDrawer } from "./WhyDrawer";

const LIST = ["events", "list"] as const;

const filters: GridFilter[] = [
  filterFilter,
  typeFilter,
  { id: "resourceId", label: "Resource id" },
  ...timeFilters,
];

function fetchEvents({ limit, cursor, filters, signal }: PageQuery): Promise<Listed<ListedEvent>> {
  const { filter, type, resourceId } = filters;
  const query = { limit, cursor, filter, type, resourceId, ...moments(filters, new Date()) };
  return send(api.GET("/api/v1/events", { params: { query }, signal }));
}

/** What was published. */
export default function Events() {
  const { pathname } = useLocation();
  const mayPublish = useMayPublish();
  const list = useSteadyRows<ListedEvent>({
    queryKey: LIST,
    fetchPage: fetchEvents,
    idOf: ({ id }) => id,
    patch: (row) => row,
    covered: pathname !== "/events",
  });
  return (
    <>
      <PageTitle title="Events">
        <Button
          component={Link}
          to="/events/why"
          variant="default"
          leftSection={<CircleQuestionMark size={15} aria-hidden />}
        >
          Why did it not arrive?
        </Button>
        {mayPublish && (
          <Button component={Link} to="/events/new" leftSection={<Zap size={15} aria-hidden />}>
            Publish event
          </Button>
        )}
      </PageTitle>
      <NewRows news={list.news} onShow={list.show} />
      <DataGrid<ListedEvent>
        key={list.generation}
        id="events"
        label="Events"
        queryKey={LIST}
        fetchPage={list.fetchPage}
        rowId={({ id }) => id}
        rowPath={({ id }) => `/events/${id}`}
        columns={columns}
        filters={filters}
        live={["event", "attempt"]}
        empty={<NothingPublished mayPublish={mayPublish} />}
      />
      <Routes>
        <Route path="new" element={<PublishDrawer />} />
        <Route path="why" element={<WhyDrawer />} />
        <Route path=":id" element={<EventDrawer />} />
      </Routes>
    </>
  );
}

function NothingPublished({ mayPublish }: { mayPublish: boolean }) {
  return mayPublish ? (
    <EmptyState title="Nothing was published yet" to="/events/new" action="Publish a test event">
      <p>
        Programs publish events with an API key: <code>POST /api/v1/events</code>. Publish one by
        hand to see what becomes of it.
      </p>
    </EmptyState>
  ) : (
    <EmptyState title="No events yet" to="/events/why" action="Why did one not arrive?">
      <p>
        You see the events that were sent to your webhooks. If you wait for one, ask why it did not
        arrive.
      </p>
    </EmptyState>
  );
}
