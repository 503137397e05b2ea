import type { ReactNode } from "react";
import { Anchor, Text } from "@mantine/core";
import { Link, useParams } from "react-router";
import type { AuditView } from "@/api/schema.gen";
import { CopyButton } from "@/components/Copy";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { Time } from "@/components/Time";
import { Loaded } from "@/features/details/Loaded";
import { OutcomeBadge } from "./columns";
import { OUTCOMES } from "./outcomes";
import { useEntry } from "./queries";
import { actText, placeOf } from "./words";

/** Everything that is known of an act. */
export function Detail() {
  const { id = "" } = useParams();
  const query = useEntry(id);
  return (
    <SideDrawer
      title={query.data === undefined ? "Audit entry" : actText(query.data.action)}
      closeTo="/audit"
    >
      <Loaded
        query={query}
        missing="It is not among the newest 1,000 entries: find it in the list by who did it."
      >
        {(entry) => <Known entry={entry} />}
      </Loaded>
    </SideDrawer>
  );
}

function Known({ entry }: { entry: AuditView }) {
  return (
    <Facts
      facts={[
        [
          "Outcome",
          <div key="outcome">
            <OutcomeBadge outcome={entry.outcome} />
            <Text size="sm" c="dimmed" mt={4}>
              {OUTCOMES[entry.outcome].explained}
            </Text>
          </div>,
        ],
        ["Status", entry.status ?? "unknown"],
        ["When", <Time key="at" at={entry.at} exact="ms" />],
        ["Who", <Who key="who" entry={entry} />],
        ["To what", <Target key="target" target={entry.target} />],
        ["More", entry.detail ?? "–"],
        ["From", entry.address === null ? "unknown" : <Mono text={entry.address} />],
        ["As noted", <Mono key="action" text={entry.action} />],
        [
          "Request",
          entry.requestId === null ? "–" : <Copied text={entry.requestId} what="request id" />,
        ],
        ["Id", <Copied key="id" text={entry.id} what="id" />],
      ]}
    />
  );
}

function Who({ entry: { actorId, actorName, apiKeyId, action } }: { entry: AuditView }): ReactNode {
  return (
    <>
      {actorId === null ? (
        <>
          {actorName === "" ? "nobody" : actorName}
          <Text size="sm" c="dimmed">
            {action.startsWith("postrider ")
              ? "Whoever has the command line of the server."
              : "The name that was claimed: nobody was signed in."}
          </Text>
        </>
      ) : (
        <Anchor component={Link} to={`/users/${actorId}`}>
          {actorName}
        </Anchor>
      )}
      {apiKeyId !== null && (
        <div>
          by the API key <span className="mono">{apiKeyId}</span>
        </div>
      )}
    </>
  );
}

function Target({ target }: { target: string }) {
  const place = placeOf(target);
  if (place === undefined) return <Mono text={target} />;
  return (
    <Anchor component={Link} to={place} className="mono">
      {target}
    </Anchor>
  );
}

function Mono({ text }: { text: string }) {
  return <span className="mono">{text}</span>;
}

function Copied({ text, what }: { text: string; what: string }) {
  return (
    <span>
      <Mono text={text} /> <CopyButton value={text} what={what} />
    </span>
  );
}
