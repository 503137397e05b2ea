import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import { notifyDone, notifyError } from "@/components/notify";

/** A user or a role. */
export interface Named {
  id: string;
  name: string;
}

interface Change {
  role: Named;
  user: Named;
  /** Whether they have the role from then on. */
  member: boolean;
}

/** Puts users into roles, and takes them out. */
export function useMembership() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ role, user, member }: Change) => {
      const params = { path: { id: role.id, userId: user.id } };
      const path = "/api/v1/roles/{id}/members/{userId}" as const;
      return member ? send(api.PUT(path, { params })) : send(api.DELETE(path, { params }));
    },
    onSuccess: (_, { role, user, member }) =>
      notifyDone(
        member
          ? `${user.name} has the role “${role.name}” now.`
          : `${user.name} no longer has the role “${role.name}”.`,
      ),
    onError: notifyError,
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["roles"] });
      await client.invalidateQueries({ queryKey: ["users"] });
    },
  });
}
