import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import { useConfirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { notifyDone, notifyError } from "@/components/notify";
import { refreshWebhooks, type VersionedWebhook } from "../queries";

interface Props {
  webhook: VersionedWebhook;
  own: boolean;
}

/** The key pair that signs beside the secret, for receivers that are to verify and not to sign. */
export function SigningKeyPanel({ webhook, own }: Props) {
  const { signing } = webhook.body;
  return (
    <Stack gap="sm" component="section">
      <Title order={2}>Signing key</Title>
      <Text size="sm">
        {signing === null
          ? "There is none: what is sent is signed with the secret alone. With a key (ed25519), receivers verify with its public half, which nobody can sign with."
          : "Receivers verify with this public key. Nobody ever sees the other half."}
      </Text>
      {signing !== null && (
        <Group gap="xs" wrap="nowrap">
          <span className="mono">{signing.publicKey}</span>
          <CopyButton value={signing.publicKey} what="public key" />
        </Group>
      )}
      {own && <Actions webhook={webhook} />}
    </Stack>
  );
}

function Actions({ webhook }: { webhook: VersionedWebhook }) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const has = webhook.body.signing !== null;
  const params = { path: { id: webhook.body.id }, header: { "If-Match": webhook.version } };
  const after = { onError: notifyError, onSettled: () => refreshWebhooks(client) };
  const rotate = useMutation({
    mutationFn: () =>
      send(api.POST("/api/v1/registrations/{id}/signing-key", { params, body: {} })),
    onSuccess: () =>
      notifyDone(has ? "There is a new key; the one before signs for a day." : "There is a key."),
    ...after,
  });
  const remove = useMutation({
    mutationFn: () => send(api.DELETE("/api/v1/registrations/{id}/signing-key", { params })),
    onSuccess: () => notifyDone("The key is gone."),
    ...after,
  });
  const askAndRemove = async () => {
    const go = await confirm({
      title: "Take the key away?",
      body: "Receivers that verify with the public key refuse whatever is sent from now on. This cannot be undone: another key has another public half.",
      action: "Take away",
      danger: true,
    });
    if (go) remove.mutate();
  };
  return (
    <Group gap="xs">
      <Button variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>
        {has ? "Rotate the key" : "Make a key"}
      </Button>
      {has && (
        <Button
          variant="subtle"
          color="red.9"
          className="danger"
          loading={remove.isPending}
          onClick={() => void askAndRemove()}
        >
          Take the key away
        </Button>
      )}
    </Group>
  );
}
