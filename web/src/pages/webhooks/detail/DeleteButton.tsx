import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useLocation, useNavigate } from "react-router";
import { api, send } from "@/api/client";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";
import { things } from "@/lib/numbers";
import { LIST, type VersionedWebhook } from "../queries";

/** Deletes a webhook, after saying what goes with it. */
export function DeleteButton({ webhook }: { webhook: VersionedWebhook }) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const { search } = useLocation();
  const { id, uri, flow } = webhook.body;
  const remove = useMutation({
    mutationFn: () => send(api.DELETE("/api/v1/registrations/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      notifyDone("The webhook is deleted.");
      void navigate({ pathname: "/webhooks", search });
      // Not what is shown of it: it is not there to be asked for again.
      void client.invalidateQueries({ queryKey: LIST });
    },
    onError: notifyError,
  });
  const ask = async () => {
    const go = await confirm({
      title: "Delete the webhook?",
      body: (
        <>
          <p>
            Nothing more is sent to <span className="mono">{uri}</span>.{" "}
            {flow.held.count > 0 &&
              `${things(flow.held, "held delivery is", "held deliveries are")} given up with it. `}
            Whatever is on its way is given up, too; what was delivered stays on record.
          </p>
          <p>This cannot be undone: the secret is lost, and a new webhook has another one.</p>
        </>
      ),
      action: "Delete",
      danger: true,
    });
    if (go) remove.mutate();
  };
  return (
    <Button
      variant="subtle"
      color="red.9"
      className="danger"
      leftSection={<Trash2 size={15} aria-hidden />}
      loading={remove.isPending}
      onClick={() => void ask()}
    >
      Delete
    </Button>
  );
}
