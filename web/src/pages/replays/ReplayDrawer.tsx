import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api, send } from "@/api/client";
import { isNotFound } from "@/api/problem";
import type { ReplayView } from "@/api/schema.gen";
import { useMe } from "@/api/session";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { RegistrationLink } from "@/features/history/RegistrationLink";
import { rateText } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { Cancel } from "./Cancel";
import { asked } from "./choice";
import { secondsLeft } from "./progress";
import { ReplayProgress } from "./ReplayProgress";
import link from "@/features/history/history.module.css";

const PROGRESS_MS = 1_000;

/** A replay, and how far it is. */
export function ReplayDrawer() {
  const { id = "" } = useParams();
  const replay = useQuery<ReplayView>({
    queryKey: ["replays", "one", id],
    queryFn: ({ signal }) =>
      send(api.GET("/api/v1/replays/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? PROGRESS_MS : false),
  });
  const { data, error } = replay;
  return (
    <SideDrawer
      title="Replay"
      closeTo="/replays"
      footer={data?.state === "running" ? <Cancel replay={data} /> : undefined}
    >
      {replay.isPending && <Skeleton height={160} aria-label="Loading" role="status" />}
      {isNotFound(error) && (
        <EmptyState title="This replay is not there" to="/replays" action="To all replays">
          <p>It is of a webhook that you do not see, or it ended long ago.</p>
        </EmptyState>
      )}
      {error !== null && !isNotFound(error) && (
        <ErrorNotice error={error} onRetry={() => void replay.refetch()} />
      )}
      {data !== undefined && <About replay={data} />}
    </SideDrawer>
  );
}

function About({ replay }: { replay: ReplayView }) {
  const me = useMe();
  const left = secondsLeft(replay);
  const facts: [string, React.ReactNode][] = [
    ["State", <StateBadge key="state" state={replay.state} />],
    ["Progress", <ReplayProgress key="progress" replay={replay} />],
    ...(left === undefined
      ? []
      : [["Time left", `at least ${duration(left * 1_000)}`] as [string, string]]),
    ["Webhook", <RegistrationLink key="webhook" id={replay.registrationId} />],
    ["What", asked(replay)],
    ["Pace", `up to ${rateText(replay.pace)}`],
    ["Started", <Time key="started" at={replay.createdAt} exact />],
    ["Ended", <Time key="ended" at={replay.finishedAt} exact none="not yet" />],
    ["Asked for by", replay.createdBy === me.id ? "you" : <Person id={replay.createdBy} />],
  ];
  const search = new URLSearchParams({ registrationId: replay.registrationId });
  return (
    <>
      <Facts facts={facts} />
      <p>
        <Link to={`/deliveries?${search}`} className={link.link}>
          Deliveries of this webhook
        </Link>
      </p>
    </>
  );
}

function Person({ id }: { id: string }) {
  const { administrator } = useMe();
  if (!administrator) return <span className="mono">{id}</span>;
  return (
    <Link to={`/users/${id}`} className={`mono ${link.link}`}>
      {id}
    </Link>
  );
}
