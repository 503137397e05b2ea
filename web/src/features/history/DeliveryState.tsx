import type { DeliveryView } from "@/api/schema.gen";
import { StateBadge } from "@/components/StateBadge";
import { DEAD_REASONS, HOLD_REASONS } from "./words";
import classes from "./history.module.css";

type Stated = Pick<DeliveryView, "state" | "holdReason" | "deadReason">;

/** The state of a delivery and, when it is held or dead, what for. */
export function DeliveryState({ delivery }: { delivery: Stated }) {
  const reason = reasonOf(delivery);
  return (
    <span className={classes.stateLine}>
      <StateBadge state={delivery.state} hint={reason?.long} />
      {reason !== undefined && <span className={classes.reason}>{reason.short}</span>}
    </span>
  );
}

/** Why a delivery is held or was given up. */
export function reasonOf({ holdReason, deadReason }: Stated) {
  if (holdReason !== null) return HOLD_REASONS[holdReason];
  return deadReason === null ? undefined : DEAD_REASONS[deadReason];
}
