import type { ReplayView } from "@/api/schema.gen";
import type { GridColumn } from "@/components/grid/DataGrid";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { RegistrationName } from "@/features/history/RegistrationLink";
import { rateText } from "@/lib/numbers";
import { Cancel } from "./Cancel";
import { asked } from "./choice";
import { ReplayProgress } from "./ReplayProgress";

export const columns: GridColumn<ReplayView>[] = [
  {
    id: "webhook",
    header: "Webhook",
    main: true,
    width: "22rem",
    cell: ({ registrationId }) => <RegistrationName id={registrationId} />,
  },
  { id: "what", header: "What", width: "18rem", cell: (replay) => asked(replay) },
  { id: "state", header: "State", cell: ({ state }) => <StateBadge state={state} /> },
  { id: "progress", header: "Progress", cell: (replay) => <ReplayProgress replay={replay} /> },
  {
    id: "pace",
    header: "Pace",
    align: "right",
    cell: ({ pace }) => <span className="nowrap">{rateText(pace)}</span>,
  },
  { id: "started", header: "Started", cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: "ended",
    header: "Ended",
    hidden: true,
    cell: ({ finishedAt }) => <Time at={finishedAt} />,
  },
  { id: "cancel", header: "Action", cell: (replay) => <CancelCell replay={replay} /> },
];

function CancelCell({ replay }: { replay: ReplayView }) {
  return replay.state === "running" ? (
    <Cancel replay={replay} small />
  ) : (
    <span className="dimmed">–</span>
  );
}
