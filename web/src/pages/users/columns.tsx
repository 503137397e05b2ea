import type { UserView } from "@/api/schema.gen";
import type { GridColumn } from "@/components/grid/DataGrid";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";

/** Whether a user may sign in. */
export function UserBadge({ disabled }: { disabled: boolean }) {
  return <StateBadge state={disabled ? "disabled" : "active"} />;
}

/** The columns of users. */
export const COLUMNS: GridColumn<UserView>[] = [
  { id: "name", header: "Name", main: true, width: "24rem", cell: (user) => user.name },
  { id: "state", header: "State", cell: (user) => <UserBadge disabled={user.disabled} /> },
  {
    id: "administrator",
    header: "Administrator",
    cell: (user) => (user.administrator ? "yes" : <span className="dimmed">no</span>),
  },
  { id: "createdAt", header: "Added", cell: (user) => <Time at={user.createdAt} /> },
  {
    id: "updatedAt",
    header: "Last changed",
    hidden: true,
    cell: (user) => <Time at={user.updatedAt} />,
  },
  {
    id: "id",
    header: "Id",
    hidden: true,
    cell: (user) => <span className="mono">{user.id}</span>,
  },
];
