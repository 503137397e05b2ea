import type { CountView } from "@/api/schema.gen";
import { UNKNOWN, things } from "@/lib/numbers";
import { duration } from "@/lib/time";
import classes from "./replays.module.css";

interface Props {
  matched: CountView | undefined;
  pace: number;
}

/** What a replay would send again, before it does. */
export function Counted({ matched, pace }: Props) {
  return (
    <p className={classes.count} role="status">
      {matched === undefined ? (
        <span className="dimmed">
          Nothing is sent yet: the deliveries that match are counted first.
        </span>
      ) : (
        sentence(matched, pace)
      )}
    </p>
  );
}

function sentence(matched: CountView, pace: number): string {
  if (matched.count === 0 && !matched.more)
    return "No delivery matches, so that there is nothing to send again. Choose more states or reasons, or a longer time.";
  if (matched.count === 0) return `How many deliveries match is ${UNKNOWN}.`;
  const least = matched.more ? "more than " : matched.count > pace ? "about " : "less than ";
  const seconds = Math.max(1, matched.count / pace);
  return `${things(matched, "delivery goes", "deliveries go")} again, which takes ${least}${duration(seconds * 1_000)} at this pace.`;
}
