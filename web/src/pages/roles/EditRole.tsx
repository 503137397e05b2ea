import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { api, send } from "@/api/client";
import type { WriteRole } from "@/api/schema.gen";
import { notifyDone } from "@/components/notify";
import { SideDrawer } from "@/components/SideDrawer";
import { Loaded } from "@/features/details/Loaded";
import { useRole, type VersionedRole } from "./queries";
import { RoleForm } from "./RoleForm";

/** Changes the name of a role, and what it is for. */
export function EditRole() {
  const { id = "" } = useParams();
  const query = useRole(id);
  if (query.data !== undefined) return <Known role={query.data} />;
  return (
    <SideDrawer title="Role" closeTo="/roles">
      <Loaded query={query} missing="There is no such role (any more).">
        {() => null}
      </Loaded>
    </SideDrawer>
  );
}

function Known({ role: latest }: { role: VersionedRole }) {
  // Of the version that is edited, whatever comes in meanwhile: that is what If-Match is for.
  const [{ body: role, version }] = useState(latest);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const closeTo = `/roles/${role.id}`;
  const change = useMutation({
    mutationFn: (body: WriteRole) => {
      const params = { path: { id: role.id }, header: { "If-Match": version } };
      return send(api.PUT("/api/v1/roles/{id}", { params, body }));
    },
    onSuccess: async ({ name }) => {
      notifyDone(`The role “${name}” is saved.`);
      await client.invalidateQueries({ queryKey: ["roles"] });
      await navigate({ pathname: closeTo, search }, { state: { saved: true } });
    },
  });
  return (
    <RoleForm
      title={`Edit “${role.name}”`}
      action="Save"
      closeTo={closeTo}
      initial={{ name: role.name, description: role.description ?? "" }}
      nameFixed={role.builtIn}
      save={change.mutateAsync}
      busy={change.isPending}
      saved={change.isSuccess}
      error={change.error}
    />
  );
}
