import { Button } from "@mantine/core";
import { Repeat } from "lucide-react";
import { useRef } from "react";
import { Link, Route, Routes, useLocation, useSearchParams } from "react-router";
import { useIsAdministrator } from "@/api/session";
import { DataGrid } from "@/components/grid/DataGrid";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";
import { NewRows } from "@/features/history/NewRows";
import type { ListedDelivery } from "@/api/schema.gen";
import { useSteadyRows } from "@/features/history/useSteadyRows";
import { useLive, type LiveAttempt } from "@/live/useLive";
import { columns } from "./columns";
import { DeliveryDrawer } from "./DeliveryDrawer";
import { deliveryFilters, fetchDeliveries, replayPath } from "./filters";
import { remember, updated } from "./patches";

const LIST = ["deliveries", "list"] as const;

/** What was sent, is to be sent, and was given up. */
export default function Deliveries() {
  const [query] = useSearchParams();
  const { pathname } = useLocation();
  const patches = useRef(new Map<string, LiveAttempt>());
  useLive({ attempt: (news) => remember(patches.current, news) });
  const list = useSteadyRows<ListedDelivery>({
    queryKey: LIST,
    fetchPage: fetchDeliveries,
    idOf: ({ id }) => id,
    patch: (row) => updated(row, patches.current.get(row.id)),
    covered: pathname !== "/deliveries",
  });
  return (
    <>
      <PageTitle title="Deliveries">
        <Button
          component={Link}
          to={replayPath(query)}
          variant="default"
          leftSection={<Repeat size={15} aria-hidden />}
        >
          Replay these
        </Button>
      </PageTitle>
      <NewRows news={list.news} onShow={list.show} />
      <DataGrid<ListedDelivery>
        key={list.generation}
        id="deliveries"
        label="Deliveries"
        queryKey={LIST}
        fetchPage={list.fetchPage}
        rowId={({ id }) => id}
        rowPath={({ id }) => `/deliveries/${id}`}
        columns={columns}
        filters={deliveryFilters(query)}
        live={["attempt", "event"]}
        empty={<NothingSent />}
      />
      <Routes>
        <Route path=":id" element={<DeliveryDrawer />} />
      </Routes>
    </>
  );
}

function NothingSent() {
  const administrator = useIsAdministrator();
  return administrator ? (
    <EmptyState title="Nothing was sent yet" to="/events/new" action="Publish a test event">
      <p>
        A delivery comes about when an event is published that a webhook asks for and its owner may
        read. Register a webhook, then publish an event.
      </p>
    </EmptyState>
  ) : (
    <EmptyState title="Nothing was sent yet" to="/webhooks" action="To your webhooks">
      <p>
        A delivery comes about when something happens that one of your webhooks asks for and you may
        read. Register a webhook, or send a test from the one you have.
      </p>
    </EmptyState>
  );
}
