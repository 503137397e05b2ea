import { Alert, Button, Group, Select, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "@/api/client";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Time } from "@/components/Time";
import { SecretFields } from "../form/SecretFields";
import { refreshWebhooks, type VersionedWebhook } from "../queries";
import { Secret, SecretCell } from "../SecretCell";
import { secretMistake } from "../secrets";
import { OVERLAPS } from "./overlaps";

interface Props {
  webhook: VersionedWebhook;
  own: boolean;
}

/** The secret: a look at it, and another one, while the one before goes on signing. */
export function SecretPanel({ webhook, own }: Props) {
  const { id, ownerId, secretExpiresAt } = webhook.body;
  return (
    <Stack gap="sm" component="section" mb="xl">
      <Title order={2}>Secret</Title>
      <SecretCell id={id} ownerId={ownerId} />
      {secretExpiresAt !== null && (
        <Text size="sm">
          It is to be replaced until <Time at={secretExpiresAt} exact />.
        </Text>
      )}
      {own ? (
        <Rotate webhook={webhook} />
      ) : (
        <Text size="sm" c="dimmed">
          Only its owner can look at the secret, and rotate it.
        </Text>
      )}
    </Stack>
  );
}

function Rotate({ webhook }: { webhook: VersionedWebhook }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<"generated" | "own">("generated");
  const [secret, setSecret] = useState("");
  const [overlap, setOverlap] = useState("86400");
  const rotate = useMutation({
    mutationFn: () =>
      send(
        api.POST("/api/v1/registrations/{id}/secret", {
          params: { path: { id: webhook.body.id }, header: { "If-Match": webhook.version } },
          body: { overlapSeconds: Number(overlap), ...(kind === "own" && { secret }) },
        }),
      ),
    onSuccess: () => {
      setOpen(false);
      setSecret("");
      void refreshWebhooks(client);
    },
    gcTime: 0,
  });
  const mistake = kind === "own" && secret !== "" ? secretMistake(secret) : undefined;
  if (!open) {
    return (
      <>
        {rotate.data !== undefined && (
          <Alert title="The new secret">
            <Stack gap="xs">
              <Secret value={rotate.data.secret} />
              {rotate.data.previous !== null && (
                <Text size="sm">
                  The one before signs beside it until{" "}
                  <Time at={rotate.data.previous.endsAt} exact />.
                </Text>
              )}
            </Stack>
          </Alert>
        )}
        <Group>
          <Button variant="default" onClick={() => setOpen(true)}>
            Rotate the secret
          </Button>
        </Group>
      </>
    );
  }
  return (
    <Stack gap="sm">
      {rotate.isError && <ErrorNotice error={rotate.error} />}
      <SecretFields
        kind={kind}
        onKind={setKind}
        secret={secret}
        onSecret={setSecret}
        error={mistake}
      />
      <Select
        label="The old one goes on signing for"
        description="Both sign meanwhile, so that the receiver can follow at leisure."
        data={OVERLAPS}
        value={overlap}
        onChange={(value) => value !== null && setOverlap(value)}
        allowDeselect={false}
      />
      <Group gap="xs">
        <Button
          loading={rotate.isPending}
          disabled={kind === "own" && secretMistake(secret) !== undefined}
          onClick={() => rotate.mutate()}
        >
          Rotate
        </Button>
        <Button variant="default" onClick={() => setOpen(false)}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
