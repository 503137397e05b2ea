import type { AttemptView } from "@/api/schema.gen";
import { duration } from "@/lib/time";
import { phases, phasesText } from "./phases";
import classes from "./deliveries.module.css";

/** Where the time of an attempt went: a bar, and the same in figures. */
export function Timings({ attempt }: { attempt: AttemptView }) {
  const parts = phases(attempt.timings, attempt.durationMs, attempt.status !== null);
  if (parts.length === 0)
    return <p className="dimmed">It ended before it took any time to speak of.</p>;
  return (
    <div>
      <div className={classes.bar} role="img" aria-label={phasesText(parts, attempt.durationMs)}>
        {parts.map(({ id, share }) => (
          <span key={id} data-phase={id} style={{ flexGrow: share }} />
        ))}
      </div>
      <ul className={classes.legend} aria-hidden>
        {parts.map(({ id, label, milliseconds }) => (
          <li key={id}>
            <span className={classes.key} data-phase={id} />
            {label} <span className="nowrap">{exactDuration(milliseconds)}</span>
          </li>
        ))}
        <li>
          <strong>In all {duration(attempt.durationMs)}</strong>
        </li>
      </ul>
    </div>
  );
}

/** Phases are often shorter than a millisecond. */
function exactDuration(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : duration(milliseconds);
}
