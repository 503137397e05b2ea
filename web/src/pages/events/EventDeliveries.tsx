import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, send } from "@/api/client";
import type { EventView } from "@/api/schema.gen";
import { ErrorNotice } from "@/components/ErrorNotice";
import { DeliveryState } from "@/features/history/DeliveryState";
import { Section } from "@/features/history/Section";
import type { ListedDelivery } from "@/api/schema.gen";
import { answerText } from "@/features/history/words";
import { things } from "@/lib/numbers";
import { useLiveRefetch } from "@/live/useLive";
import link from "@/features/history/history.module.css";
import classes from "./events.module.css";

/** As many as an event shows by itself. */
const SHOWN = 20;

/** The webhooks that an event matched, and what became of it at each. */
export function EventDeliveries({ event }: { event: EventView }) {
  const deliveries = useDeliveries(event);
  const { data } = deliveries;
  return (
    <Section
      title={event.matched === null ? "Webhooks" : things(event.matched, "webhook", "webhooks")}
      aside={
        data?.next != null && (
          <Link to={`/deliveries?eventId=${event.id}`} className={link.link}>
            Show all deliveries
          </Link>
        )
      }
    >
      {deliveries.isPending && <Skeleton height={60} />}
      {deliveries.isError && (
        <ErrorNotice error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      )}
      {data?.items.length === 0 && (
        <p className="dimmed">
          {event.dispatched
            ? "No webhook matched that you see. Choose one below to learn why."
            : "Its webhooks are yet to be looked for, which takes moments."}
        </p>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ul className={classes.deliveries}>
          {data.items.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function useDeliveries({ id, dispatched }: EventView) {
  const queryKey = ["deliveries", "of-event", id, dispatched];
  useLiveRefetch(queryKey, ["attempt"], (news) => "eventId" in news && news.eventId === id);
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => {
      const query = { eventId: id, limit: SHOWN };
      return send(api.GET("/api/v1/deliveries", { params: { query }, signal }));
    },
  });
}

function Row({ delivery }: { delivery: ListedDelivery }) {
  const answer = answerText(delivery.lastStatus, delivery.lastCause);
  return (
    <li className={classes.delivery}>
      <Link to={`/deliveries/${delivery.id}`} className={`mono ${link.link}`}>
        {delivery.registrationUri ?? "a webhook that is deleted"}
      </Link>
      <span className={classes.state}>
        <DeliveryState delivery={delivery} />
        {answer !== undefined && <span className="dimmed">{answer}</span>}
      </span>
    </li>
  );
}
