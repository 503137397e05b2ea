import { useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { api, send } from "@/api/client";
import type { EventChoice, ExplanationView, ReasonView } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { StateBadge } from "@/components/StateBadge";
import { RegistrationSelect } from "@/features/history/RegistrationSelect";
import { CHECKS, inWords } from "@/features/history/words";
import { verdict } from "./verdict";
import link from "@/features/history/history.module.css";
import classes from "./events.module.css";

/** Why a webhook of one's choice gets an event that was accepted, or does not. */
export function Explain({ eventId }: { eventId: string }) {
  const [registration, setRegistration] = useState<string | null>(null);
  return (
    <>
      <RegistrationSelect
        label="Webhook"
        placeholder="Choose a webhook"
        value={registration}
        onChange={setRegistration}
      />
      {registration !== null && <Explained registration={registration} choice={{ eventId }} />}
    </>
  );
}

interface Props {
  registration: string;
  choice: EventChoice;
}

/** Whether a webhook gets an event, and why, step by step. */
export function Explained({ registration, choice }: Props) {
  return (
    <div className={classes.answer} aria-live="polite">
      <Answer registration={registration} choice={choice} />
    </div>
  );
}

function Answer({ registration, choice }: Props) {
  const answer = useQuery({
    queryKey: ["events", "explained", registration, choice],
    queryFn: ({ signal }) =>
      send(
        api.POST("/api/v1/registrations/{id}/explain", {
          params: { path: { id: registration } },
          body: choice,
          signal,
        }),
      ),
  });
  if (answer.isError)
    return <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <p className="dimmed">Looking …</p>;
  return <Explanation explanation={answer.data} />;
}

function Explanation({ explanation }: { explanation: ExplanationView }) {
  const { delivery, outcome, reasons } = explanation;
  const said = verdict(explanation);
  return (
    <>
      <div className={classes.verdict}>
        <StateBadge state="verdict" tone={said.tone} label={said.label} />
        <p>
          <strong>{said.sentence}</strong>{" "}
          {outcome !== null && <>In fact: {lower(inWords(outcome))} </>}
          {delivery !== null && (
            <Link to={`/deliveries/${delivery}`} className={link.link}>
              Show the delivery
            </Link>
          )}
        </p>
      </div>
      <ul className={classes.steps}>
        {reasons.map((reason) => (
          <Step key={reason.check} reason={reason} />
        ))}
      </ul>
      {outcome !== null && (
        <p className="dimmed">The steps are looked at by what holds now, which may have changed.</p>
      )}
    </>
  );
}

function Step({ reason }: { reason: ReasonView }) {
  const Icon = reason.passed ? Check : X;
  return (
    <li className={classes.step} data-passed={reason.passed}>
      <Icon size={16} strokeWidth={2.5} aria-label={reason.passed ? "Passed:" : "Not passed:"} />
      <div>
        <p>{CHECKS[reason.check]}</p>
        <p className="dimmed">{reason.explanation}</p>
      </div>
    </li>
  );
}

const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1);
