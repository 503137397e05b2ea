import { ActionIcon, Tooltip } from "@mantine/core";
import { X } from "lucide-react";
import { useConfirm } from "@/components/Confirm";
import { type Named, useMembership } from "./membership";
import { isAdministrators } from "./roles";

interface Props {
  role: Named;
  user: Named;
  /** What it is called for those who do not see where it is. */
  label: string;
}

/** Takes a user out of a role, once it is clear what that means. */
export function TakeOut({ role, user, label }: Props) {
  const membership = useMembership();
  const confirm = useConfirm();
  const ask = async () => {
    const yes = await confirm({
      title: `Take ${user.name} out of “${role.name}”?`,
      body: isAdministrators(role.id)
        ? "They are no administrator any more: they see their own webhooks only, and what is granted to them."
        : "What the role allows ends for them at once, unless another role or a permission of their own allows it.",
      action: "Take out",
      danger: true,
    });
    if (yes) membership.mutate({ role, user, member: false });
  };
  return (
    <Tooltip label="Take out">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        loading={membership.isPending}
        onClick={() => void ask()}
      >
        <X size={15} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
