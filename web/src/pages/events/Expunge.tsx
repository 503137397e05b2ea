import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { api, send } from "@/api/client";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";

/** Removes the payload of an event for good. */
export function Expunge({ id }: { id: string }) {
  const confirm = useConfirm();
  const client = useQueryClient();
  const expunge = useMutation({
    mutationFn: () => send(api.DELETE("/api/v1/events/{id}/payload", { params: { path: { id } } })),
    onSuccess: async () => {
      notifyDone("The payload is removed.");
      await client.invalidateQueries({ queryKey: ["events"] });
      await client.invalidateQueries({ queryKey: ["deliveries"] });
    },
    onError: notifyError,
  });
  const ask = async () => {
    const sure = await confirm({
      title: "Remove the payload for good?",
      body: (
        <>
          <p>
            The data of this event, the name of its resource, and the answers that receivers gave to
            it are removed. Deliveries that wait are given up, and none can be sent again.
          </p>
          <p>This cannot be undone. What receivers have, they keep.</p>
        </>
      ),
      action: "Remove the payload",
      danger: true,
    });
    if (sure) expunge.mutate();
  };
  return (
    <Group justify="flex-end">
      <Button
        variant="default"
        leftSection={<Trash2 size={15} aria-hidden />}
        loading={expunge.isPending}
        onClick={() => void ask()}
      >
        Remove payload
      </Button>
    </Group>
  );
}
