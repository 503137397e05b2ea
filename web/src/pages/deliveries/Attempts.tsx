import type { AttemptView, DeliveryReportView } from "@/api/schema.gen";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { Section } from "@/features/history/Section";
import { answerText } from "@/features/history/words";
import { duration } from "@/lib/time";
import { AttemptDetails } from "./AttemptDetails";
import classes from "./deliveries.module.css";

/** What was tried, the newest first. */
export function Attempts({ delivery }: { delivery: DeliveryReportView }) {
  const { attempts, moreAttempts, bundle } = delivery;
  const newestFirst = [...attempts].reverse();
  return (
    <Section title={attempts.length === 1 ? "The attempt" : "Attempts"}>
      {attempts.length === 0 && (
        <p className="dimmed">
          {bundle === null
            ? delivery.settledAt === null
              ? "There was none yet."
              : "There was none."
            : "The delivery that carries its event has the attempts."}
        </p>
      )}
      {newestFirst.map((attempt, index) => (
        <div key={attempt.id}>
          {attempt.replay !== newestFirst[index - 1]?.replay &&
            (attempt.replay > 0 || index > 0) && (
              <p className={classes.group}>
                {attempt.replay === 0 ? "At first" : `Sent again, number ${attempt.replay}`}
              </p>
            )}
          <Attempt attempt={attempt} open={index === 0} />
        </div>
      ))}
      {moreAttempts && <p className="dimmed">There are older attempts, which are not shown.</p>}
    </Section>
  );
}

function Attempt({ attempt, open }: { attempt: AttemptView; open: boolean }) {
  const answer = answerText(attempt.status, attempt.cause) ?? "unknown";
  return (
    <details className={classes.attempt} open={open}>
      <summary>
        <strong className="nowrap">#{attempt.number}</strong>
        <StateBadge state="attempt" tone={attempt.cause === null ? "ok" : "bad"} label={answer} />
        <Time at={attempt.startedAt} />
        <span className={`${classes.took} dimmed nowrap`}>{duration(attempt.durationMs)}</span>
      </summary>
      <AttemptDetails attempt={attempt} />
    </details>
  );
}
