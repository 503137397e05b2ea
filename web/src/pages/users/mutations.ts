import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, send, sendForVersion } from "@/api/client";
import type { UserDetails } from "@/api/schema.gen";
import { notifyDone, notifyError } from "@/components/notify";
import { allBut } from "@/features/details/others";
import type { VersionedUser } from "@/features/users/queries";

/** Switches users off and on. */
export function useDisable() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, disabled }: { user: VersionedUser; disabled: boolean }) =>
      sendForVersion(api.PATCH("/api/v1/users/{id}", { ...onlyThis(user), body: { disabled } })),
    onSuccess: (changed, { disabled }) => {
      const { id, name } = changed.body;
      client.setQueryData(["users", "detail", id], changed);
      notifyDone(
        disabled ? `${name} is switched off.` : `${name} is switched on: what was held is sent.`,
      );
    },
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
}

/** Ends wherever a user is signed in. */
export function useEndLogins() {
  return useMutation({
    mutationFn: ({ id }: UserDetails) =>
      send(api.DELETE("/api/v1/users/{id}/tokens", { params: { path: { id } } })),
    onSuccess: (_, { name }) => notifyDone(`All sessions of ${name} have ended.`),
    onError: notifyError,
  });
}

/** Deletes a user. */
export function useDeleteUser() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  return useMutation({
    mutationFn: (user: VersionedUser) => send(api.DELETE("/api/v1/users/{id}", onlyThis(user))),
    onSuccess: async (_, { body: { id, name } }) => {
      notifyDone(`${name} is deleted.`);
      await navigate({ pathname: "/users", search }, { state: { saved: true } });
      await client.invalidateQueries(allBut("users", id));
      await client.invalidateQueries(allBut("registrations", id));
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: async (error) => {
      notifyError(error);
      await client.invalidateQueries({ queryKey: ["users"] });
    },
  });
}

/** Nothing is done to a user who was changed since they were looked at. */
function onlyThis({ body, version }: VersionedUser) {
  return { params: { path: { id: body.id }, header: { "If-Match": version } } };
}
