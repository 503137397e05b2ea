import type { RecentDelivery } from "@/api/schema.gen";
import type { StateName } from "@/api/schema.gen";
import { relativeTime } from "@/lib/time";
import { useNow } from "@/components/Time";
import classes from "./HealthBars.module.css";
import { healthText } from "./healthText";

const SLOTS = 12;
const WIDTH = 6;
const HEIGHT = 18;

/** How high the bar of a state is: shapes tell them apart without colour. */
const BAR: Record<StateName, number> = { delivered: 16, dead: 16, held: 9, pending: 5 };

/** How the newest deliveries went, the newest at the right. */
export function HealthBars({ recent }: { recent: readonly RecentDelivery[] }) {
  const now = useNow();
  const shown = [...recent].slice(0, SLOTS).reverse();
  const label = healthText(recent, (at) => relativeTime(new Date(at), now));
  return (
    <svg
      className={classes.bars}
      role="img"
      aria-label={label}
      width={SLOTS * WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${SLOTS * WIDTH} ${HEIGHT}`}
    >
      <title>{label}</title>
      {Array.from({ length: SLOTS - shown.length }, (_, slot) => (
        <rect
          key={slot}
          className={classes.none}
          x={slot * WIDTH}
          y={HEIGHT - 2}
          width={4}
          height={2}
        />
      ))}
      {shown.map((delivery, index) => (
        <Bar
          key={delivery.deliveryId}
          state={delivery.state}
          x={(SLOTS - shown.length + index) * WIDTH}
        />
      ))}
    </svg>
  );
}

function Bar({ state, x }: { state: StateName; x: number }) {
  const height = BAR[state];
  const top = HEIGHT - height;
  return (
    <g data-state={state} className={classes.bar}>
      <rect x={x} y={top} width={4} height={height} rx={1} />
      {/* A dead delivery is a broken bar. */}
      {state === "dead" && (
        <rect className={classes.gap} x={x - 1} y={top + 6} width={6} height={3} />
      )}
    </g>
  );
}
