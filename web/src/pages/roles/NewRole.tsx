import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, send } from "@/api/client";
import type { WriteRole } from "@/api/schema.gen";
import { notifyDone } from "@/components/notify";
import { RoleForm } from "./RoleForm";

/** Adds a role. */
export function NewRole() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const add = useMutation({
    mutationFn: (body: WriteRole) => send(api.POST("/api/v1/roles", { body })),
    onSuccess: async ({ id, name }) => {
      notifyDone(`The role “${name}” is there: say what it allows, and for whom.`);
      await client.invalidateQueries({ queryKey: ["roles"] });
      await navigate({ pathname: `/roles/${id}`, search }, { state: { saved: true } });
    },
  });
  return (
    <RoleForm
      title="New role"
      action="Add role"
      closeTo="/roles"
      initial={{ name: "", description: "" }}
      save={add.mutateAsync}
      busy={add.isPending}
      saved={add.isSuccess}
      error={add.error}
    />
  );
}
