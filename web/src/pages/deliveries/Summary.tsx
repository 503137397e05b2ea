import { Link } from "react-router";
import type { DeliveryReportView } from "@/api/schema.gen";
import { CopyButton } from "@/components/Copy";
import { Facts } from "@/components/Facts";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { reasonOf } from "@/features/history/DeliveryState";
import { EventName } from "@/features/history/EventName";
import { useEvent } from "@/features/history/queries";
import { RegistrationLink } from "@/features/history/RegistrationLink";
import { answerText } from "@/features/history/words";
import { Countdown } from "./Countdown";
import classes from "./deliveries.module.css";
import link from "@/features/history/history.module.css";

/** What a delivery is, where it stands, and what comes next. */
export function Summary({ delivery }: { delivery: DeliveryReportView }) {
  const facts: [string, React.ReactNode][] = [
    ["Event", <EventLink key="event" id={delivery.eventId} />],
    ["Webhook", <RegistrationLink key="webhook" id={delivery.registrationId} />],
    ["Created", <Time key="created" at={delivery.createdAt} exact />],
    ["Settled", <Time key="settled" at={delivery.settledAt} exact none="not yet" />],
    ["Attempts", attemptsText(delivery)],
    ...bundleFacts(delivery),
    ["Delivery", <Identifier key="id" id={delivery.id} />],
  ];
  return (
    <>
      <div className={classes.headline}>
        <StateBadge state={delivery.state} />
        <p>
          <Standing delivery={delivery} />
        </p>
      </div>
      <Facts facts={facts} />
    </>
  );
}

/** Where it stands, in a sentence. */
function Standing({ delivery }: { delivery: DeliveryReportView }) {
  const { state, nextAttemptAt, attemptCount, lastStatus, lastCause } = delivery;
  const reason = reasonOf(delivery);
  const answer = answerText(lastStatus, lastCause);
  if (reason !== undefined)
    return `${reason.long}${answer === undefined ? "" : ` The last answer: ${answer}.`}`;
  if (state === "delivered")
    return `The receiver has it${lastStatus === null ? "" : `, and answered ${lastStatus}`}.`;
  if (state !== "pending") return null;
  return (
    <>
      {attemptCount > 0 && answer !== undefined && `The last attempt failed: ${answer}. `}
      {nextAttemptAt === null ? (
        "It is on its way."
      ) : (
        <>
          Attempt {attemptCount + 1} is <Countdown at={nextAttemptAt} />
        </>
      )}
    </>
  );
}

function EventLink({ id }: { id: string }) {
  const { data } = useEvent(id);
  return (
    <Link to={`/events/${id}`} className={link.link}>
      {data === undefined ? (
        <span className="mono">{id}</span>
      ) : (
        <>
          <EventName filter={data.filter} type={data.type} /> · {data.resource.name ?? "resource"}{" "}
          <span className="mono">{data.resource.id}</span>
        </>
      )}
    </Link>
  );
}

function attemptsText({ attemptCount, replays }: DeliveryReportView): string {
  if (replays === 0) return String(attemptCount);
  return `${attemptCount}, sent again ${replays === 1 ? "once" : `${replays} times`}`;
}

function bundleFacts({ bundle, bundleSize }: DeliveryReportView): [string, React.ReactNode][] {
  if (bundle !== null)
    return [
      [
        "Goes with",
        <Link key="bundle" to={`/deliveries/${bundle}`} className={link.link}>
          another delivery, which carries its event <span className="mono">{bundle}</span>
        </Link>,
      ],
    ];
  return bundleSize > 1 ? [["Carries", `${bundleSize} events in one request`]] : [];
}

function Identifier({ id }: { id: string }) {
  return (
    <>
      <span className="mono">{id}</span> <CopyButton value={id} what="delivery id" />
      <div className="dimmed">The receiver sees it as the header webhook-id.</div>
    </>
  );
}
