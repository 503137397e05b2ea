import {
  Activity,
  Inbox,
  KeyRound,
  ListFilter,
  Repeat,
  ScrollText,
  Send,
  Shield,
  Users,
  Webhook,
  Zap,
  type LucideIcon,
} from "lucide-react";
import { NavLink } from "react-router";
import { useIsAdministrator } from "@/api/session";
import classes from "./MainNavigation.module.css";

interface Entry {
  to: string;
  label: string;
  icon: LucideIcon;
  administrators?: boolean;
}

const WORK: Entry[] = [
  { to: "/overview", label: "Overview", icon: Activity, administrators: true },
  { to: "/webhooks", label: "Webhooks", icon: Webhook },
  { to: "/deliveries", label: "Deliveries", icon: Send },
  { to: "/events", label: "Events", icon: Zap },
  { to: "/replays", label: "Replays", icon: Repeat },
  { to: "/inbox", label: "Inbox", icon: Inbox, administrators: true },
];

const ADMINISTRATION: Entry[] = [
  { to: "/filters", label: "Filters", icon: ListFilter },
  { to: "/users", label: "Users", icon: Users },
  { to: "/roles", label: "Roles", icon: Shield },
  { to: "/keys", label: "API keys", icon: KeyRound },
  { to: "/audit", label: "Audit", icon: ScrollText },
];

/** The entries that lead to something for this user. */
export function MainNavigation() {
  const administrator = useIsAdministrator();
  return (
    <>
      <Entries entries={WORK.filter((entry) => administrator || !entry.administrators)} />
      {administrator && (
        <>
          <h2 className={classes.heading}>Administration</h2>
          <Entries entries={ADMINISTRATION} />
        </>
      )}
    </>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  return (
    <ul className={classes.list}>
      {entries.map(({ to, label, icon: Icon }) => (
        <li key={to}>
          <NavLink to={to} className={classes.entry ?? ""}>
            <Icon size={16} strokeWidth={1.8} aria-hidden />
            {label}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
