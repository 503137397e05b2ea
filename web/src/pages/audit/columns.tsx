import type { AuditView } from "@/api/schema.gen";
import type { GridColumn } from "@/components/grid/DataGrid";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { OUTCOMES } from "./outcomes";
import { actText } from "./words";

/** How an act ended. */
export function OutcomeBadge({ outcome }: { outcome: AuditView["outcome"] }) {
  const { tone, label, explained } = OUTCOMES[outcome];
  return <StateBadge state={outcome} tone={tone} label={label} hint={explained} />;
}

/** The columns of the audit log. */
export const COLUMNS: GridColumn<AuditView>[] = [
  { id: "action", header: "What", main: true, width: "22rem", cell: (act) => actText(act.action) },
  { id: "outcome", header: "Outcome", cell: (act) => <OutcomeBadge outcome={act.outcome} /> },
  {
    id: "actor",
    header: "Who",
    width: "14rem",
    cell: (act) => (
      <span className="truncate" title={act.actorName}>
        {act.actorName === "" ? <span className="dimmed">nobody</span> : act.actorName}
        {act.apiKeyId !== null && <span className="dimmed"> by API key</span>}
      </span>
    ),
  },
  { id: "at", header: "When", cell: (act) => <Time at={act.at} /> },
  {
    id: "target",
    header: "To what",
    width: "20rem",
    cell: (act) => (
      <span className="mono truncate" title={act.target}>
        {act.target}
      </span>
    ),
  },
  {
    id: "address",
    header: "From",
    cell: (act) =>
      act.address === null ? (
        <span className="dimmed">–</span>
      ) : (
        <span className="mono">{act.address}</span>
      ),
  },
  {
    id: "status",
    header: "Status",
    hidden: true,
    align: "right",
    cell: (act) => act.status ?? <span className="dimmed">unknown</span>,
  },
  {
    id: "requestId",
    header: "Request",
    hidden: true,
    cell: (act) => <span className="mono">{act.requestId}</span>,
  },
];
