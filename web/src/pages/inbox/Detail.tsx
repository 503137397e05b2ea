import { Button, Group, Text } from "@mantine/core";
import { useParams } from "react-router";
import type { InboxReport } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { Loaded } from "@/features/details/Loaded";
import { Section } from "@/features/details/Section";
import { bytesText, countText } from "@/lib/numbers";
import { Body } from "./Body";
import { addressText } from "./columns";
import { useReplay, useReport } from "./queries";
import { Runs } from "./Runs";
import { storyOf, whyNoReplay } from "./story";
import classes from "./inbox.module.css";

/** A received webhook: what it said, and what its handlers did. */
export function Detail() {
  const { id = "" } = useParams();
  const query = useReport(id);
  const report = query.data;
  return (
    <SideDrawer
      title={report === undefined ? "Received webhook" : `Webhook of ${addressText(report)}`}
      closeTo="/inbox"
      footer={report !== undefined && <Replay report={report} />}
    >
      <Loaded query={query} missing="There is no such webhook (any more).">
        {(known) => <Known report={known} />}
      </Loaded>
    </SideDrawer>
  );
}

function Known({ report }: { report: InboxReport }) {
  return (
    <>
      <Facts facts={factsOf(report)} />
      <Section title="Runs of its handlers">
        <Runs runs={report.runs} />
      </Section>
      <Section title={`Body (${bytesText(report.bodyBytes)})`}>
        <Body key={report.id} report={report} />
      </Section>
      <Section title="Headers">
        <dl className={classes.headers}>
          {report.headers.map(({ name, value }, at) => (
            // The same name may come twice.
            <div key={`${name}-${at}`} className={classes.header}>
              <dt className="mono">{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
        <Text size="sm" c="dimmed" mt="xs">
          Cookies and authorization are not kept.
        </Text>
      </Section>
    </>
  );
}

function factsOf(report: InboxReport): [string, React.ReactNode][] {
  const story = (
    <div key="state">
      <StateBadge state={report.state} />
      <Text mt={4}>{storyOf(report)}</Text>
    </div>
  );
  const id = (
    <span key="id">
      <span className="mono">{report.id}</span> <CopyButton value={report.id} what="id" />
    </span>
  );
  const over: [string, React.ReactNode] =
    report.state === "pending"
      ? ["Next run", <Time key="due" at={report.dueAt} exact none="unknown" />]
      : ["Over", <Time key="over" at={report.settledAt} exact="ms" none="unknown" />];
  return [
    ["State", story],
    over,
    ["Received", <Time key="received" at={report.receivedAt} exact="ms" />],
    ["Actions", report.actions.length === 0 ? "none" : report.actions.join(", ")],
    [
      "Request",
      <span key="request" className="mono">
        {requestText(report)}
      </span>,
    ],
    ["Sender's id", <SendersId key="sender" report={report} />],
    ["Duplicates", report.duplicates === 0 ? "none" : `${countText(report.duplicates)}, dropped`],
    ["Replays", report.replays === 0 ? "none" : countText(report.replays)],
    ["Id", id],
  ];
}

function requestText(report: InboxReport): string {
  const query = report.query === "" ? "" : `?${report.query}`;
  return `${report.method} /api/webhooks/incoming/${addressText(report)}${query}`;
}

function SendersId({ report: { dedupeKey } }: { report: InboxReport }) {
  if (dedupeKey === null) {
    return <span className="dimmed">none: one that is sent again is processed again</span>;
  }
  return <span className="mono">{dedupeKey}</span>;
}

function Replay({ report }: { report: InboxReport }) {
  const replay = useReplay();
  const confirm = useConfirm();
  const reason = whyNoReplay(report.state);
  const ask = async () => {
    const yes =
      report.state === "dead" ||
      (await confirm({
        title: "Replay a webhook that was processed?",
        body: "All its handlers run again, as if it had just been received: what they did is done a second time.",
        action: "Replay",
      }));
    if (yes) replay.mutate(report.id);
  };
  return (
    <Group justify="flex-end" gap="xs">
      {reason !== undefined && (
        <Text size="sm" c="dimmed">
          {reason}
        </Text>
      )}
      <Button onClick={() => void ask()} disabled={reason !== undefined} loading={replay.isPending}>
        Replay
      </Button>
    </Group>
  );
}
