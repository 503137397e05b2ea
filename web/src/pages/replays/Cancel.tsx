import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { api, send } from "@/api/client";
import type { ReplayView } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";
import { progressText } from "./progress";

/** Stops a replay that runs; nothing for one that has ended. */
export function Cancel({ replay, small = false }: { replay: ReplayView; small?: boolean }) {
  const confirm = useConfirm();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () =>
      send(api.POST("/api/v1/replays/{id}/cancel", { params: { path: { id: replay.id } } })),
    onSuccess: ({ replayed }) =>
      notifyDone(`The replay is cancelled, ${replayed.toLocaleString("en")} sent again.`),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ["replays"] }),
  });
  if (replay.state !== "running") return null;
  const ask = async () => {
    const sure = await confirm({
      title: "Cancel the replay?",
      body: `By now it has sent ${progressText(replay)} again; these go on. The rest stays as it is, and can be replayed later.`,
      action: "Cancel the replay",
      danger: true,
    });
    if (sure) cancel.mutate();
  };
  return (
    <Button
      variant="default"
      {...(small && { size: "compact-sm" })}
      leftSection={<Square size={13} aria-hidden />}
      loading={cancel.isPending}
      onClick={() => void ask()}
    >
      {small ? "Cancel" : "Cancel replay"}
    </Button>
  );
}
