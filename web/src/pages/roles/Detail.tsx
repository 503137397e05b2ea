import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation, useParams } from "react-router";
import { useConfirm } from "@/components/Confirm";
import { Facts } from "@/components/Facts";
import { SideDrawer } from "@/components/SideDrawer";
import { Time } from "@/components/Time";
import { Permissions } from "@/features/access/Permissions";
import { Loaded } from "@/features/details/Loaded";
import { Section } from "@/features/details/Section";
import { isAdministrators } from "@/features/users/roles";
import { Members } from "./Members";
import { useDeleteRole, useRole, type VersionedRole } from "./queries";

/** A role: what it allows, and who has it. */
export function Detail() {
  const { id = "" } = useParams();
  const query = useRole(id);
  const [dirty, setDirty] = useState(false);
  return (
    <SideDrawer
      title={query.data?.body.name ?? "Role"}
      closeTo="/roles"
      dirty={dirty}
      footer={query.data !== undefined && <Actions role={query.data} />}
    >
      <Loaded query={query} missing="There is no such role (any more).">
        {(role) => <Known role={role} onDirty={setDirty} />}
      </Loaded>
    </SideDrawer>
  );
}

interface Props {
  role: VersionedRole;
  onDirty: (dirty: boolean) => void;
}

function Known({ role: { body: role }, onDirty }: Props) {
  return (
    <>
      <Facts
        facts={[
          ["Description", role.description ?? "–"],
          ["Origin", role.builtIn ? "built in: cannot be renamed or deleted" : "custom"],
          ...(role.builtIn
            ? []
            : ([["Last changed", <Time key="changed" at={role.updatedAt} exact />]] as const)),
        ]}
      />
      <Members role={role} />
      {isAdministrators(role.id) ? (
        <Section title="Permissions">
          <Text c="dimmed">
            Needs none: whoever has it manages everything, and may read every resource.
          </Text>
        </Section>
      ) : (
        <Permissions
          holder={{ kind: "role", id: role.id }}
          name={`the role “${role.name}”`}
          none="None yet: whoever has the role may do nothing more because of it."
          onDirty={onDirty}
        />
      )}
    </>
  );
}

function Actions({ role }: { role: VersionedRole }) {
  const { search } = useLocation();
  const confirm = useConfirm();
  const remove = useDeleteRole();
  const { id, name, builtIn } = role.body;
  if (isAdministrators(id)) return null;
  const ask = async () => {
    const yes = await confirm({
      title: `Delete the role “${name}”?`,
      body: "What it allows ends at once for everybody who has it, unless something else allows it. This cannot be undone.",
      action: "Delete role",
      danger: true,
    });
    if (yes) remove.mutate(role);
  };
  return (
    <Group justify="space-between" gap="xs">
      {!builtIn && (
        <Button color="red.9" onClick={() => void ask()} loading={remove.isPending}>
          Delete
        </Button>
      )}
      {!builtIn && (
        <Button variant="default" component={Link} to={{ pathname: `/roles/${id}/edit`, search }}>
          Edit
        </Button>
      )}
    </Group>
  );
}
