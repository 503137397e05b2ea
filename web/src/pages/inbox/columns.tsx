import type { InboxItem } from "@/api/schema.gen";
import type { GridColumn } from "@/components/grid/DataGrid";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { bytesText, countText } from "@/lib/numbers";

/** The receiver and its id, as URLs have them. */
export function addressText({ receiver, receiverId }: InboxItem): string {
  return receiverId === "" ? receiver : `${receiver}/${receiverId}`;
}

/** The columns of received webhooks. */
export const COLUMNS: GridColumn<InboxItem>[] = [
  {
    id: "receiver",
    header: "Receiver",
    main: true,
    width: "16rem",
    cell: (item) => <span className="mono">{addressText(item)}</span>,
  },
  {
    id: "actions",
    header: "Actions",
    width: "20rem",
    cell: ({ actions }) => (
      <span className="truncate" title={actions.join(", ")}>
        {actions.length === 0 ? <span className="dimmed">none</span> : actions.join(", ")}
      </span>
    ),
  },
  { id: "state", header: "State", cell: (item) => <StateBadge state={item.state} /> },
  { id: "receivedAt", header: "Received", cell: (item) => <Time at={item.receivedAt} /> },
  {
    id: "settledAt",
    header: "Over or due",
    cell: (item) => <Time at={item.settledAt ?? item.dueAt} />,
  },
  {
    id: "duplicates",
    header: "Duplicates",
    align: "right",
    cell: (item) => <Count value={item.duplicates} />,
  },
  {
    id: "replays",
    header: "Replays",
    align: "right",
    cell: (item) => <Count value={item.replays} />,
  },
  {
    id: "bodyBytes",
    header: "Size",
    align: "right",
    hidden: true,
    cell: (item) => <span className="nowrap">{bytesText(item.bodyBytes)}</span>,
  },
  {
    id: "id",
    header: "Id",
    hidden: true,
    cell: (item) => <span className="mono">{item.id}</span>,
  },
];

function Count({ value }: { value: number }) {
  return <span className={value === 0 ? "dimmed" : undefined}>{countText(value)}</span>;
}
