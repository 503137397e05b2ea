import { Alert, Anchor, Stack } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { UserDetails } from "@/api/schema.gen";
import { useMe } from "@/api/session";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { Time } from "@/components/Time";
import { CopyButton } from "@/components/Copy";
import { Permissions } from "@/features/access/Permissions";
import { Loaded } from "@/features/details/Loaded";
import { Section } from "@/features/details/Section";
import { useUser, type VersionedUser } from "@/features/users/queries";
import { Actions } from "./Actions";
import { UserBadge } from "./columns";
import { Roles } from "./Roles";
import { useWebhookCount } from "./webhooks";
import { countText } from "@/lib/numbers";

/** A user: what they may do, what is theirs, and switching them off. */
export function Detail() {
  const { id = "" } = useParams();
  const query = useUser(id);
  const [dirty, setDirty] = useState(false);
  return (
    <SideDrawer
      title={query.data?.body.name ?? "User"}
      closeTo="/users"
      dirty={dirty}
      footer={query.data !== undefined && <Actions user={query.data} />}
    >
      <Loaded query={query} missing="There is no such user (any more).">
        {(user) => <Known user={user} onDirty={setDirty} />}
      </Loaded>
    </SideDrawer>
  );
}

interface Props {
  user: VersionedUser;
  onDirty: (dirty: boolean) => void;
}

function Known({ user: { body: user }, onDirty }: Props) {
  const me = useMe();
  return (
    <>
      <Stack gap="sm">
        {user.disabled && (
          <Alert color="yellow" title="Switched off">
            They cannot sign in, their API keys are refused, and what is due for their webhooks is
            held until they are switched on again.
          </Alert>
        )}
        <Facts
          facts={[
            ["State", <UserBadge key="state" disabled={user.disabled} />],
            ["Administrator", user.administrator ? "yes: manages everything" : "no"],
            ["Added", <Time key="added" at={user.createdAt} exact />],
            ["Last changed", <Time key="changed" at={user.updatedAt} exact />],
            [
              "Id",
              <span key="id">
                <span className="mono">{user.id}</span> <CopyButton value={user.id} what="id" />
              </span>,
            ],
          ]}
        />
      </Stack>
      <Theirs user={user} />
      <Roles user={user} />
      <Permissions
        holder={{ kind: "user", id: user.id }}
        name={user.id === me.id ? "you" : user.name}
        none={
          user.administrator
            ? "None of their own. Administrators need none: they may read everything."
            : "None of their own: they are told of nothing but what their roles let them read."
        }
        onDirty={onDirty}
      />
    </>
  );
}

function Theirs({ user: { id, name } }: { user: UserDetails }) {
  const webhooks = useWebhookCount(id);
  return (
    <Section title="Theirs">
      <Stack gap={4}>
        <Anchor component={Link} to={`/webhooks?q=${encodeURIComponent(name)}`}>
          Webhooks ({countText(webhooks.data)})
        </Anchor>
        <Anchor component={Link} to={`/keys?user=${id}`}>
          API keys
        </Anchor>
        <Anchor component={Link} to={`/audit?actor=${id}`}>
          What they did (audit)
        </Anchor>
      </Stack>
    </Section>
  );
}
