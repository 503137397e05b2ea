import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api, send } from "@/api/client";
import { isNotFound } from "@/api/problem";
import type { EventView } from "@/api/schema.gen";
import { useIsAdministrator } from "@/api/session";
import { CodeBlock } from "@/components/CodeBlock";
import { CopyButton } from "@/components/Copy";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { Time } from "@/components/Time";
import { EventName } from "@/features/history/EventName";
import { Section } from "@/features/history/Section";
import { useLiveRefetch } from "@/live/useLive";
import { EventState } from "./columns";
import { EventDeliveries } from "./EventDeliveries";
import { Explain } from "./Explain";
import { Expunge } from "./Expunge";
import { indentJson, memberText } from "./json";

/** An event: its data, who got it, and why somebody did not. */
export function EventDrawer() {
  const { id = "" } = useParams();
  const administrator = useIsAdministrator();
  const event = useEventText(id);
  const { data, error } = event;
  return (
    <SideDrawer
      title="Event"
      closeTo="/events"
      footer={administrator && data?.event.expungedAt === null ? <Expunge id={id} /> : undefined}
    >
      {event.isPending && <Skeleton height={180} aria-label="Loading" role="status" />}
      {isNotFound(error) && <NotThere />}
      {error !== null && !isNotFound(error) && (
        <ErrorNotice error={error} onRetry={() => void event.refetch()} />
      )}
      {data !== undefined && (
        <>
          <About event={data.event} />
          <Data event={data.event} text={data.text} />
          <EventDeliveries event={data.event} />
          <Section title="Why did a webhook not get it?">
            <Explain eventId={id} />
          </Section>
        </>
      )}
    </SideDrawer>
  );
}

/** An event, with the text of its data as the publisher wrote it. */
function useEventText(id: string) {
  const queryKey = ["events", "text", id];
  useLiveRefetch(queryKey, ["attempt"], (news) => "eventId" in news && news.eventId === id);
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const params = { path: { id } };
      const text = await send<string>(
        api.GET("/api/v1/events/{id}", { params, signal, parseAs: "text" }),
      );
      return { event: JSON.parse(text) as EventView, text: memberText(text, "data") };
    },
    // Its webhooks are looked for within moments.
    refetchInterval: ({ state }) => (state.data?.event.dispatched === false ? 1_000 : false),
  });
}

function About({ event }: { event: EventView }) {
  const { resource, audience } = event;
  const facts: [string, React.ReactNode][] = [
    ["Event", <EventName key="event" filter={event.filter} type={event.type} />],
    [
      "Resource",
      <span key="resource">
        <span className="mono">{resource.id}</span> {resource.name}
      </span>,
    ],
    ...(resource.category == null ? [] : [["Category", resource.category] as [string, string]]),
    ["Who did it", event.actor ?? <span className="dimmed">not said</span>],
    ["Happened", <Time key="happened" at={event.occurredAt} exact />],
    ["Accepted", <Time key="accepted" at={event.acceptedAt} exact />],
    [
      "For",
      audience === null ? "everybody who may read the resource" : `only ${audience.join(", ")}`,
    ],
    ["State", <EventState key="state" event={event} />],
    [
      "Id",
      <span key="id">
        <span className="mono">{event.id}</span> <CopyButton value={event.id} what="event id" />
      </span>,
    ],
  ];
  return <Facts facts={facts} />;
}

function Data({ event, text }: { event: EventView; text: string | undefined }) {
  return (
    <Section title="Data">
      {event.expungedAt !== null ? (
        <p className="dimmed">
          Removed for good <Time at={event.expungedAt} />.
        </p>
      ) : text === undefined || text === "null" ? (
        <p className="dimmed">The publisher gave none.</p>
      ) : (
        <CodeBlock label="data" code={indentJson(text)} />
      )}
    </Section>
  );
}

function NotThere() {
  return (
    <EmptyState title="This event is not there" to="/events/why" action="Why did it not arrive?">
      <p>
        It went to none of your webhooks, or it is no longer kept: the server removes what is old
        after a while.
      </p>
    </EmptyState>
  );
}
