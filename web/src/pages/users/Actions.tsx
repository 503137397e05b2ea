import { Button, Group, Space, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { useMe } from "@/api/session";
import { useConfirm } from "@/components/Confirm";
import { notifyError } from "@/components/notify";
import type { VersionedUser } from "@/features/users/queries";
import { deletionText } from "./deletion";
import { useDeleteUser, useDisable, useEndLogins } from "./mutations";
import { fetchWebhookCount } from "./webhooks";

/** What an administrator can do to a user. */
export function Actions({ user }: { user: VersionedUser }) {
  const me = useMe();
  if (user.body.id === me.id) {
    return (
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          This is you: nobody switches off or deletes themselves.
        </Text>
        <Button component={Link} to="/account" variant="default">
          Your account
        </Button>
      </Group>
    );
  }
  return <ActionsOnOthers user={user} />;
}

function ActionsOnOthers({ user }: { user: VersionedUser }) {
  const { search } = useLocation();
  const { body } = user;
  const endLogins = useEndLogins();
  const confirm = useConfirm();

  const askEndLogins = async () => {
    const yes = await confirm({
      title: `End all sessions of ${body.name}?`,
      body: "Wherever they are signed in they have to sign in again. Their API keys go on working.",
      action: "End sessions",
    });
    if (yes) endLogins.mutate(body);
  };
  return (
    <Group gap="xs">
      <Delete user={user} />
      {/* Apart from the rest: nobody is to hit it by mistake. */}
      <Space flex={1} />
      <Button variant="default" onClick={() => void askEndLogins()} loading={endLogins.isPending}>
        End sessions
      </Button>
      <Button
        variant="default"
        component={Link}
        to={{ pathname: `/users/${body.id}/password`, search }}
      >
        New password
      </Button>
      <Switch user={user} />
    </Group>
  );
}

/** Switches them off or on. */
function Switch({ user }: { user: VersionedUser }) {
  const { body } = user;
  const disable = useDisable();
  const confirm = useConfirm();
  const askDisable = async () => {
    const yes = await confirm({
      title: `Switch ${body.name} off?`,
      body: "Their sessions and tokens end, their API keys are refused, and what is due for their webhooks is held. Switching them on again sends what was held.",
      action: "Switch off",
      danger: true,
    });
    if (yes) disable.mutate({ user, disabled: true });
  };
  return body.disabled ? (
    <Button onClick={() => disable.mutate({ user, disabled: false })} loading={disable.isPending}>
      Switch on
    </Button>
  ) : (
    <Button variant="default" onClick={() => void askDisable()} loading={disable.isPending}>
      Switch off
    </Button>
  );
}

function Delete({ user }: { user: VersionedUser }) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const remove = useDeleteUser();
  const ask = async () => {
    try {
      const webhooks = await fetchWebhookCount(client, user.body.id);
      const yes = await confirm({
        title: `Delete ${user.body.name}?`,
        body: deletionText(webhooks),
        action: "Delete user",
        danger: true,
      });
      if (yes) remove.mutate(user);
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <Button color="red.9" onClick={() => void ask()} loading={remove.isPending}>
      Delete
    </Button>
  );
}
