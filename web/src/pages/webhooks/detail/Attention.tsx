import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import type { Held, RegistrationDetail } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";
import { Time } from "@/components/Time";
import { things } from "@/lib/numbers";
import { disabledHint } from "../HealthCells";
import { refreshWebhooks } from "../queries";

/** What somebody should look after: a webhook that is off, a receiver that fails, what is held. */
export function Attention({ webhook }: { webhook: RegistrationDetail }) {
  const { flow, disabled } = webhook;
  const held = flow.held.count > 0;
  if (disabled === null && flow.state === "healthy" && !held) return null;
  return (
    <Alert color={disabled !== null || flow.state === "open" ? "red" : "yellow"} role="status">
      <Stack gap="xs" align="flex-start">
        {disabled !== null && (
          <Text size="sm">
            Switched off <Time at={disabled.at} />: {disabledHint(disabled.reason)}. Deliveries are
            held.
          </Text>
        )}
        {flow.failingSince !== null && (
          <Text size="sm">
            The receiver has failed since <Time at={flow.failingSince} exact />.
          </Text>
        )}
        {flow.state === "open" && flow.breakerUntil !== null && (
          <Text size="sm">
            It is given a pause, and asked again <Time at={flow.breakerUntil} />.
          </Text>
        )}
        {held && (
          <Text size="sm">
            {things(flow.held, "delivery is", "deliveries are")} held, the oldest from{" "}
            <Time at={flow.held.oldestAt} />.
          </Text>
        )}
        <Actions webhook={webhook} />
      </Stack>
    </Alert>
  );
}

function Actions({ webhook }: { webhook: RegistrationDetail }) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const params = { path: { id: webhook.id } };
  const { held } = webhook.flow;
  const refresh = { onError: notifyError, onSettled: () => refreshWebhooks(client) };
  const resume = useMutation({
    mutationFn: (what: Held) =>
      send(api.POST("/api/v1/registrations/{id}/resume", { params, body: { held: what } })),
    onSuccess: () => notifyDone("It runs again; what was held is sent."),
    ...refresh,
  });
  const discard = useMutation({
    mutationFn: () => send(api.POST("/api/v1/registrations/{id}/discard-held", { params })),
    onSuccess: ({ discarded }) =>
      notifyDone(`${things(discarded, "delivery", "deliveries")} given up.`),
    ...refresh,
  });
  const askAndDiscard = async () => {
    const go = await confirm({
      title: "Give up what is held?",
      body: `${things(held, "held delivery", "held deliveries")} will not be sent. They stay on record, and a replay can send them later.`,
      action: "Give up",
      danger: true,
    });
    if (go) discard.mutate();
  };
  return (
    <Group gap="xs">
      <Button size="compact-sm" loading={resume.isPending} onClick={() => resume.mutate("send")}>
        {held.count > 0 ? "Resume and send what is held" : "Resume"}
      </Button>
      {held.count > 0 && (
        <Button
          size="compact-sm"
          variant="default"
          loading={discard.isPending}
          onClick={() => void askAndDiscard()}
        >
          Give up what is held
        </Button>
      )}
    </Group>
  );
}
