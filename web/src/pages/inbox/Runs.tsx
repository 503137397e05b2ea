import { Text } from "@mantine/core";
import type { HandlerRun } from "@/api/schema.gen";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { duration } from "@/lib/time";
import { handlerText, newestFirst } from "./story";
import classes from "./inbox.module.css";

/** What handlers did, the newest first. */
export function Runs({ runs }: { runs: readonly HandlerRun[] }) {
  if (runs.length === 0) return <Text c="dimmed">None yet.</Text>;
  return (
    <ol className={classes.runs} reversed aria-label="Runs, the newest first">
      {newestFirst(runs).map((run) => (
        <li key={run.number} className={classes.run}>
          <Run run={run} />
        </li>
      ))}
    </ol>
  );
}

function Run({ run }: { run: HandlerRun }) {
  const took = new Date(run.endedAt).getTime() - new Date(run.startedAt).getTime();
  return (
    <>
      <div className={classes.runHead}>
        <span className="dimmed">{run.number}.</span>
        <span className={classes.handler}>{handlerText(run.handler)}</span>
        <StateBadge state={run.outcome} />
        <span className="nowrap">{duration(took)}</span>
        <Time at={run.startedAt} exact="ms" />
      </div>
      {run.error !== null && <div className={classes.error}>{run.error}</div>}
    </>
  );
}
