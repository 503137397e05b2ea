import { Tooltip } from "@mantine/core";
import {
  Ban,
  Check,
  CircleDashed,
  Clock,
  Info,
  Pause,
  TriangleAlert,
  X,
  type LucideIcon,
} from "lucide-react";
import classes from "./StateBadge.module.css";

/** What a state means, which its colour and shape say. */
export type Tone = "ok" | "wait" | "bad" | "info" | "off";

interface Look {
  tone: Tone;
  label: string;
  icon?: LucideIcon;
}

const ICONS: Record<Tone, LucideIcon> = {
  ok: Check,
  wait: Clock,
  bad: X,
  info: Info,
  off: CircleDashed,
};

/** Every state of the api, in one word. */
const LOOKS: Record<string, Look> = {
  // deliveries
  pending: { tone: "info", label: "Pending", icon: Clock },
  held: { tone: "wait", label: "Held", icon: Pause },
  delivered: { tone: "ok", label: "Delivered" },
  dead: { tone: "bad", label: "Dead" },
  // receivers
  healthy: { tone: "ok", label: "Healthy" },
  failing: { tone: "wait", label: "Failing", icon: TriangleAlert },
  open: { tone: "bad", label: "Breaker open", icon: Ban },
  half_open: { tone: "wait", label: "Probing", icon: CircleDashed },
  // registrations
  paused: { tone: "wait", label: "Paused", icon: Pause },
  disabled: { tone: "bad", label: "Switched off", icon: Ban },
  active: { tone: "ok", label: "Active" },
  // replays
  running: { tone: "info", label: "Running", icon: Clock },
  done: { tone: "ok", label: "Done" },
  cancelled: { tone: "off", label: "Cancelled", icon: Ban },
  // inbox
  processed: { tone: "ok", label: "Processed" },
  stopped: { tone: "off", label: "Stopped", icon: Ban },
  failed: { tone: "bad", label: "Failed" },
  // audit
  started: { tone: "info", label: "Started", icon: Clock },
  denied: { tone: "bad", label: "Denied", icon: Ban },
  refused: { tone: "wait", label: "Refused", icon: Ban },
};

interface Props {
  /** A state as the api names it, or any text together with `tone`. */
  state: string;
  tone?: Tone;
  label?: string;
  /** More about it, on hover. */
  hint?: string | undefined;
}

/** A state by colour, shape and word. */
export function StateBadge({ state, tone, label, hint }: Props) {
  const look: Look = LOOKS[state] ?? { tone: "off", label: state };
  const shown = tone ?? look.tone;
  const Icon = (tone === undefined ? look.icon : undefined) ?? ICONS[shown];
  const badge = (
    <span className={classes.badge} data-tone={shown}>
      <Icon size={12} strokeWidth={2.5} aria-hidden />
      {label ?? look.label}
      {hint !== undefined && <span className="visually-hidden">: {hint}</span>}
    </span>
  );
  return hint === undefined ? badge : <Tooltip label={hint}>{badge}</Tooltip>;
}
