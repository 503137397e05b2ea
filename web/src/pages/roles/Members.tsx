import { Anchor, Button, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { RoleView, UserView } from "@/api/schema.gen";
import { useConfirm } from "@/components/Confirm";
import { Loaded } from "@/features/details/Loaded";
import { More } from "@/features/details/More";
import { Row, Rows } from "@/features/details/Rows";
import { Section } from "@/features/details/Section";
import { useMembership } from "@/features/users/membership";
import { isAdministrators } from "@/features/users/roles";
import { TakeOut } from "@/features/users/TakeOut";
import { UserSelect } from "@/features/users/UserSelect";
import { useUserName } from "@/features/users/queries";
import { useMembers } from "./queries";

/** Who has a role. */
export function Members({ role }: { role: RoleView }) {
  const query = useMembers(role.id);
  return (
    <Section title="Members">
      <Loaded query={query} missing="There is no such role (any more).">
        {({ pages }) => {
          const members = pages.flatMap(({ items }) => items);
          if (members.length === 0) return <Text c="dimmed">Nobody has it yet.</Text>;
          return (
            <Rows label={`Members of ${role.name}`}>
              {members.map((user) => (
                <Member key={user.id} role={role} user={user} />
              ))}
            </Rows>
          );
        }}
      </Loaded>
      <More query={query} />
      <AddMember role={role} />
    </Section>
  );
}

function AddMember({ role }: { role: RoleView }) {
  const [userId, setUserId] = useState("");
  const name = useUserName(userId === "" ? null : userId);
  const membership = useMembership();
  const confirm = useConfirm();
  const add = async () => {
    if (name === undefined) return;
    const yes =
      !isAdministrators(role.id) ||
      (await confirm({
        title: `Make ${name} an administrator?`,
        body: "They manage everything from then on, other users and their webhooks included, and may read every resource.",
        action: "Make administrator",
        danger: true,
      }));
    if (!yes) return;
    membership.mutate(
      { role, user: { id: userId, name }, member: true },
      { onSuccess: () => setUserId("") },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <UserSelect
        mt="xs"
        aria-label="Add a member"
        placeholder="Add a member…"
        value={userId}
        onChange={setUserId}
        clearable
      />
      {userId !== "" && (
        <Button
          mt="xs"
          type="submit"
          size="compact-sm"
          loading={membership.isPending}
          disabled={name === undefined}
        >
          Add {name}
        </Button>
      )}
    </form>
  );
}

function Member({ role, user }: { role: RoleView; user: UserView }) {
  return (
    <Row action={<TakeOut role={role} user={user} label={`Take ${user.name} out`} />}>
      <Anchor component={Link} to={`/users/${user.id}`}>
        {user.name}
      </Anchor>
      {user.disabled && <span className="dimmed"> · switched off</span>}
    </Row>
  );
}
