import { Switch } from "@mantine/core";
import type { ListedView } from "@/api/schema.gen";
import { FilterNames } from "@/components/FilterNames";
import { Time } from "@/components/Time";
import type { GridColumn } from "@/components/grid/DataGrid";
import { CountCell, HealthCell } from "./HealthCells";
import { usePause } from "./queries";
import { SecretCell } from "./SecretCell";

const OWNER: GridColumn<ListedView> = {
  id: "owner",
  header: "User",
  sortable: true,
  width: "10rem",
  cell: (row) => <span className="truncate">{row.ownerName}</span>,
};

const COLUMNS: GridColumn<ListedView>[] = [
  {
    id: "uri",
    header: "Webhook URL",
    main: true,
    sortable: true,
    share: 34,
    cell: (row) => (
      <span className="mono truncate" title={row.uri}>
        {row.uri}
      </span>
    ),
  },
  {
    id: "secret",
    header: "Secret",
    cell: (row) => <SecretCell id={row.id} ownerId={row.ownerId} />,
  },
  {
    id: "filters",
    header: "Filters",
    cell: (row) => <FilterNames filters={row.filters} most={2} />,
  },
  {
    id: "description",
    header: "Description",
    sortable: true,
    share: 22,
    cell: (row) => (
      <span className="truncate" title={row.description ?? undefined}>
        {row.description}
      </span>
    ),
  },
  {
    id: "paused",
    header: "Paused",
    sortable: true,
    cell: (row) => <PausedSwitch row={row} />,
  },
  { id: "health", header: "Health", cell: (row) => <HealthCell row={row} /> },
  {
    id: "held",
    header: "Held",
    align: "right",
    cell: (row) => <CountCell id={row.id} of="held" />,
  },
  {
    id: "dead",
    header: "Dead",
    align: "right",
    cell: (row) => <CountCell id={row.id} of="dead" />,
  },
  {
    id: "createdAt",
    header: "Created",
    sortable: true,
    hidden: true,
    cell: (row) => <Time at={row.createdAt} />,
  },
  {
    id: "updatedAt",
    header: "Changed",
    sortable: true,
    hidden: true,
    cell: (row) => <Time at={row.updatedAt} />,
  },
];

/** Whose a webhook is, is for administrators: everybody else sees only their own. */
export const OWN_COLUMNS = COLUMNS;
export const ALL_COLUMNS = [OWNER, ...COLUMNS];

function PausedSwitch({ row }: { row: ListedView }) {
  const pause = usePause();
  return (
    <Switch
      size="xs"
      checked={row.paused}
      aria-label={`Paused: ${row.uri}`}
      onChange={(event) => pause.mutate({ id: row.id, paused: event.currentTarget.checked })}
    />
  );
}
