import { Anchor, Select, Text } from "@mantine/core";
import { Link } from "react-router";
import type { NamedRole, UserDetails } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { Row, Rows } from "@/features/details/Rows";
import { Section } from "@/features/details/Section";
import { useMembership } from "@/features/users/membership";
import { useRoles } from "@/features/users/roles";
import { TakeOut } from "@/features/users/TakeOut";

/** The roles of a user: to put them into, and to take them out of. */
export function Roles({ user }: { user: UserDetails }) {
  const roles = useRoles();
  const membership = useMembership();
  const confirm = useConfirm();
  const others = roles.data?.items.filter(({ id }) => !user.roles.some((role) => role.id === id));

  const add = async (roleId: string) => {
    const role = others?.find(({ id }) => id === roleId);
    if (role === undefined) return;
    const yes =
      !role.administrators ||
      (await confirm({
        title: `Make ${user.name} an administrator?`,
        body: "They manage everything from then on, other users and their webhooks included, and may read every resource.",
        action: "Make administrator",
        danger: true,
      }));
    if (yes) membership.mutate({ role, user, member: true });
  };
  return (
    <Section title="Roles">
      {user.roles.length > 0 ? (
        <Rows label={`Roles of ${user.name}`}>
          {user.roles.map((role) => (
            <RoleRow key={role.id} role={role} user={user} />
          ))}
        </Rows>
      ) : (
        <Text c="dimmed">None.</Text>
      )}
      <Select
        mt="xs"
        aria-label="Put into a role"
        placeholder="Put into a role…"
        data={others?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        value={null}
        onChange={(id) => id !== null && void add(id)}
        disabled={others?.length === 0 || membership.isPending}
        searchable
        // Emptied after each choice.
        key={user.roles.length}
      />
    </Section>
  );
}

function RoleRow({ role, user }: { role: NamedRole; user: UserDetails }) {
  return (
    <Row action={<TakeOut role={role} user={user} label={`Take out of ${role.name}`} />}>
      <Anchor component={Link} to={`/roles/${role.id}`}>
        {role.name}
      </Anchor>
    </Row>
  );
}
