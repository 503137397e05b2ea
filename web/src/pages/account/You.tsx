import { Anchor, Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { Link } from "react-router";
import { useMe, useSignInOut } from "@/api/session";
import { CopyButton } from "@/components/Copy";
import { Facts } from "@/components/Facts";
import { notifyError } from "@/components/notify";
import { Time } from "@/components/Time";
import { Panel } from "./Panel";

/** Who is signed in, and until when. */
export function You() {
  const me = useMe();
  const { signOut } = useSignInOut();
  const leave = useMutation({ mutationFn: signOut, onError: notifyError });
  return (
    <Panel
      title="You"
      actions={
        <Button
          variant="default"
          leftSection={<LogOut size={15} aria-hidden />}
          onClick={() => leave.mutate()}
          loading={leave.isPending}
        >
          Sign out
        </Button>
      }
    >
      <Facts
        facts={[
          ["User name", me.name],
          ["Administrator", me.administrator ? "yes: you manage everything" : "no"],
          ["Roles", <Roles key="roles" />],
          [
            "Id",
            <span key="id">
              <span className="mono">{me.id}</span> <CopyButton value={me.id} what="id" />
            </span>,
          ],
          ...sessionFacts(me.session),
        ]}
      />
    </Panel>
  );
}

function Roles() {
  const me = useMe();
  if (me.roles.length === 0) return "none";
  return me.roles.map(({ id, name }, at) => (
    <span key={id}>
      {at > 0 && ", "}
      {me.administrator ? (
        <Anchor component={Link} to={`/roles/${id}`}>
          {name}
        </Anchor>
      ) : (
        name
      )}
    </span>
  ));
}

type Session = ReturnType<typeof useMe>["session"];

function sessionFacts(session: Session): [string, React.ReactNode][] {
  if (session === null) return [];
  return [
    [
      "Session",
      <span key="session">
        ends <Time at={session.expiresAt} exact /> unless you go on working, and at the latest{" "}
        <Time at={session.endsAt} exact />
      </span>,
    ],
  ];
}
