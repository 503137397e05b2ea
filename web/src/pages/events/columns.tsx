import type { ListedEvent } from "@/api/schema.gen";
import type { GridColumn } from "@/components/grid/DataGrid";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { EventName } from "@/features/history/EventName";

export const columns: GridColumn<ListedEvent>[] = [
  {
    id: "event",
    header: "Event",
    main: true,
    cell: ({ filter, type }) => <EventName filter={filter} type={type} />,
  },
  {
    id: "resource",
    header: "Resource",
    width: "20rem",
    cell: (event) => <Resource event={event} />,
  },
  {
    id: "category",
    header: "Category",
    cell: ({ resource }) => resource.category ?? <span className="dimmed">–</span>,
  },
  {
    id: "actor",
    header: "Who did it",
    cell: ({ actor }) => actor ?? <span className="dimmed">–</span>,
  },
  { id: "state", header: "State", cell: (event) => <EventState event={event} /> },
  { id: "accepted", header: "Accepted", cell: ({ acceptedAt }) => <Time at={acceptedAt} /> },
  {
    id: "occurred",
    header: "Happened",
    hidden: true,
    cell: ({ occurredAt }) => <Time at={occurredAt} />,
  },
  {
    id: "audience",
    header: "Audience",
    hidden: true,
    cell: ({ audience }) => audience?.join(", ") ?? <span className="dimmed">–</span>,
  },
  {
    id: "id",
    header: "Event id",
    hidden: true,
    cell: ({ id }) => <span className="mono">{id}</span>,
  },
];

function Resource({ event }: { event: ListedEvent }) {
  const { id, name } = event.resource;
  return (
    <span className="truncate">
      <span className="mono">{id}</span> {name !== undefined && name !== null && name}
    </span>
  );
}

/** Whether the webhooks of an event have been looked for, and whether its payload is there. */
export function EventState({ event }: { event: Pick<ListedEvent, "dispatched" | "expungedAt"> }) {
  if (event.expungedAt !== null)
    return (
      <StateBadge
        state="expunged"
        tone="off"
        label="Payload removed"
        hint="Its data is gone for good, and it cannot be sent again"
      />
    );
  return event.dispatched ? (
    <StateBadge
      state="dispatched"
      tone="ok"
      label="Dispatched"
      hint="The webhooks that get it were looked for"
    />
  ) : (
    <StateBadge
      state="waiting"
      tone="wait"
      label="Waiting"
      hint="The webhooks that get it are yet to be looked for"
    />
  );
}
