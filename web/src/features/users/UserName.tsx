import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { useIsAdministrator } from "@/api/session";
import { useUserName } from "./queries";

/** A user by their name, with the way to them for who may go there; by their id until it is known. */
export function UserName({ id }: { id: string }) {
  const name = useUserName(id);
  const administrator = useIsAdministrator();
  const shown = name ?? <span className="mono">{id}</span>;
  if (!administrator) return shown;
  return (
    <Anchor component={Link} to={`/users/${id}`} inherit>
      {shown}
    </Anchor>
  );
}
