import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { api, send } from "@/api/client";
import type { ApiKeyView } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import type { GridColumn } from "@/components/grid/DataGrid";
import { notifyDone, notifyError } from "@/components/notify";
import { StateBadge, type Tone } from "@/components/StateBadge";
import { Time, useNow } from "@/components/Time";
import { UserName } from "@/features/users/UserName";
import { keyState, SCOPES, type KeyState } from "./words";

/** The columns of one's own keys. */
export const OWN_KEY_COLUMNS: GridColumn<ApiKeyView>[] = [
  { id: "name", header: "Name", main: true, cell: (key) => key.name },
  { id: "state", header: "State", cell: (key) => <KeyBadge expiresAt={key.expiresAt} /> },
  { id: "scopes", header: "May", cell: (key) => scopesText(key) },
  {
    id: "expiresAt",
    header: "Ends",
    cell: (key) => <Time at={key.expiresAt} none="never" />,
  },
  { id: "createdAt", header: "Created", cell: (key) => <Time at={key.createdAt} /> },
  {
    id: "id",
    header: "Id",
    hidden: true,
    cell: (key) => <span className="mono">{key.id}</span>,
  },
  { id: "revoke", header: "Revoke", align: "right", cell: (key) => <Revoke apiKey={key} /> },
];

/** The columns of everybody's keys. */
export const KEY_COLUMNS: GridColumn<ApiKeyView>[] = OWN_KEY_COLUMNS.flatMap((column) =>
  column.id === "name"
    ? [column, { id: "user", header: "Acts for", cell: (key) => <UserName id={key.userId} /> }]
    : [column],
);

function scopesText(key: ApiKeyView): string {
  return SCOPES.filter(({ name }) => key.scopes.includes(name))
    .map(({ label }) => label.toLowerCase())
    .join(", ");
}

const LOOKS: Record<KeyState, { tone: Tone; label: string }> = {
  active: { tone: "ok", label: "Active" },
  ending: { tone: "wait", label: "Ends soon" },
  ended: { tone: "off", label: "Ended" },
};

function KeyBadge({ expiresAt }: { expiresAt: string | null }) {
  const now = useNow();
  const state = keyState(expiresAt, now);
  return <StateBadge state={state} {...LOOKS[state]} />;
}

/** Ends a key, after asking. */
export function Revoke({ apiKey }: { apiKey: ApiKeyView }) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const revoke = useMutation({
    mutationFn: () =>
      send(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: apiKey.id } } })),
    onSuccess: () => notifyDone(`The key “${apiKey.name}” is revoked.`),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  const ask = async () => {
    const yes = await confirm({
      title: `Revoke “${apiKey.name}”?`,
      body: "Requests with this key are refused from the next one on. It cannot be brought back: programs that use it need a new one.",
      action: "Revoke",
      danger: true,
    });
    if (yes) revoke.mutate();
  };
  return (
    <Tooltip label="Revoke">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Revoke ${apiKey.name}`}
        loading={revoke.isPending}
        onClick={() => void ask()}
      >
        <Trash2 size={15} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
