import type { GridColumn } from "@/components/grid/DataGrid";
import { Time } from "@/components/Time";
import { DeliveryState } from "@/features/history/DeliveryState";
import { EventName } from "@/features/history/EventName";
import type { ListedDelivery } from "@/api/schema.gen";
import { answerText } from "@/features/history/words";
import { things } from "@/lib/numbers";
import { Countdown } from "./Countdown";

export const columns: GridColumn<ListedDelivery>[] = [
  {
    id: "event",
    header: "Event",
    main: true,
    cell: ({ filter, type }) => <EventName filter={filter} type={type} />,
  },
  {
    id: "state",
    header: "State",
    cell: (delivery) => <DeliveryState delivery={delivery} />,
  },
  {
    id: "webhook",
    header: "Webhook",
    width: "22rem",
    cell: ({ registrationUri }) =>
      registrationUri === null ? (
        <span className="dimmed">deleted</span>
      ) : (
        <span className="mono truncate" title={registrationUri}>
          {registrationUri}
        </span>
      ),
  },
  { id: "answer", header: "Last answer", cell: (delivery) => <Answer delivery={delivery} /> },
  {
    id: "attempts",
    header: "Attempts",
    align: "right",
    cell: (delivery) => <Attempts delivery={delivery} />,
  },
  {
    id: "next",
    header: "Next attempt",
    cell: ({ nextAttemptAt }) =>
      nextAttemptAt === null ? (
        <span className="dimmed">–</span>
      ) : (
        <Countdown at={nextAttemptAt} short />
      ),
  },
  { id: "created", header: "Created", cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: "settled",
    header: "Settled",
    hidden: true,
    cell: ({ settledAt }) => <Time at={settledAt} />,
  },
  {
    id: "id",
    header: "Delivery",
    hidden: true,
    cell: ({ id }) => <span className="mono">{id}</span>,
  },
];

function Answer({ delivery }: { delivery: ListedDelivery }) {
  const text = answerText(delivery.lastStatus, delivery.lastCause);
  if (text === undefined) return <span className="dimmed">none yet</span>;
  return <span className="nowrap">{text}</span>;
}

/** How often it was tried; what goes in another one's request is not tried by itself. */
function Attempts({ delivery }: { delivery: ListedDelivery }) {
  if (delivery.bundle !== null) return <span className="dimmed nowrap">in a bundle</span>;
  return (
    <span className="nowrap">
      {delivery.bundleSize > 1 && (
        <span className="dimmed">{things(delivery.bundleSize, "event", "events")} · </span>
      )}
      {delivery.attemptCount}
    </span>
  );
}
