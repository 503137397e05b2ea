import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Repeat } from "lucide-react";
import { api, send } from "@/api/client";
import { isNotFound } from "@/api/problem";
import type { DeliveryReportView } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";
import { useEvent, useRegistration } from "@/features/history/queries";
import { whyNotAgain } from "./again";

/** Sends a settled delivery again; says why not where it cannot be. */
export function SendAgain({ delivery }: { delivery: DeliveryReportView }) {
  const confirm = useConfirm();
  const again = useReplay(delivery.id);
  const event = useEvent(delivery.eventId);
  const registration = useRegistration(delivery.registrationId);
  const obstacle = whyNotAgain(delivery.state, {
    webhookDeleted: isNotFound(registration.error),
    eventGone: isNotFound(event.error),
    payloadRemoved: event.data !== undefined && event.data.expungedAt !== null,
  });
  const ask = async () => {
    const sure =
      delivery.state !== "delivered" ||
      (await confirm({
        title: "Send it again?",
        body: "The receiver has it already. It gets the same webhook-id once more, so that it can tell that it is a repeat, and the header postrider-replay.",
        action: "Send again",
      }));
    if (sure) again.mutate();
  };
  return (
    <Group justify="flex-end" gap="sm">
      {obstacle !== undefined && (
        <Text size="sm" c="dimmed" id="why-not-again">
          {obstacle}
        </Text>
      )}
      <Button
        leftSection={<Repeat size={15} aria-hidden />}
        disabled={obstacle !== undefined}
        aria-describedby={obstacle === undefined ? undefined : "why-not-again"}
        loading={again.isPending}
        onClick={() => void ask()}
      >
        Send again
      </Button>
    </Group>
  );
}

function useReplay(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      send(api.POST("/api/v1/deliveries/{id}/replay", { params: { path: { id } } })),
    onSuccess: () => notifyDone("It is sent again, with a full round of attempts ahead."),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ["deliveries"] }),
  });
}
