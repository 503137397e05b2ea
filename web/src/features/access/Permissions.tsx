import { ActionIcon, Button, Text, Tooltip } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { PermissionView } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { notifyDone, notifyError } from "@/components/notify";
import { Loaded } from "@/features/details/Loaded";
import { More } from "@/features/details/More";
import { Row, Rows } from "@/features/details/Rows";
import { Section } from "@/features/details/Section";
import { GrantForm } from "./GrantForm";
import { usePermissions, useRevoke, type Holder } from "./queries";
import { permissionText } from "./words";

interface Props {
  holder: Holder;
  /** Whose they are, for what is asked and said. */
  name: string;
  /** Said when there are none. */
  none: string;
  onDirty: (dirty: boolean) => void;
}

/** The permissions of a user or a role: to see, to grant, and to take away. */
export function Permissions({ holder, name, none, onDirty }: Props) {
  const query = usePermissions(holder);
  const [granting, setGranting] = useState(false);
  const close = () => {
    setGranting(false);
    onDirty(false);
  };
  return (
    <Section
      title="Permissions"
      actions={
        !granting && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Plus size={15} aria-hidden />}
            onClick={() => setGranting(true)}
          >
            Grant a permission
          </Button>
        )
      }
    >
      {granting && <GrantForm holder={holder} onClose={close} onDirty={onDirty} />}
      <Loaded query={query} missing={none}>
        {({ pages }) => {
          const permissions = pages.flatMap(({ items }) => items);
          if (permissions.length === 0) return <Text c="dimmed">{none}</Text>;
          return <PermissionRows holder={holder} name={name} permissions={permissions} />;
        }}
      </Loaded>
      <More query={query} />
    </Section>
  );
}

interface RowsProps {
  holder: Holder;
  name: string;
  permissions: readonly PermissionView[];
}

function PermissionRows({ holder, name, permissions }: RowsProps) {
  return (
    <Rows label={`Permissions of ${name}`}>
      {permissions.map((permission) => (
        <PermissionRow key={permission.id} holder={holder} name={name} permission={permission} />
      ))}
    </Rows>
  );
}

interface RowProps {
  holder: Holder;
  name: string;
  permission: PermissionView;
}

function PermissionRow({ holder, name, permission }: RowProps) {
  const revoke = useRevoke(holder);
  const confirm = useConfirm();
  const text = permissionText(permission);
  const ask = async () => {
    const yes = await confirm({
      title: "Take this permission away?",
      body: `“${text}” ends for ${name} at once. Events from now on are matched without it; what is on its way is still delivered.`,
      action: "Take away",
      danger: true,
    });
    if (!yes) return;
    revoke.mutate(permission, {
      onSuccess: () => notifyDone(`Taken away: ${text}.`),
      onError: notifyError,
    });
  };
  return (
    <Row
      action={
        <Tooltip label="Take away">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Take away: ${text}`}
            loading={revoke.isPending}
            onClick={() => void ask()}
          >
            <Trash2 size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      }
    >
      {text}
    </Row>
  );
}
