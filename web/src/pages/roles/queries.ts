import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "react-router";
import { api, send, sendForVersion } from "@/api/client";
import type { RoleView } from "@/api/schema.gen";
import { notifyDone, notifyError } from "@/components/notify";
import { allBut } from "@/features/details/others";

/** A role with its version, which changing it wants to know. */
export interface VersionedRole {
  body: RoleView;
  version: string | undefined;
}

/** What is known of a role. */
export function useRole(id: string) {
  return useQuery<VersionedRole>({
    queryKey: ["roles", "detail", id],
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/roles/{id}", { params: { path: { id } }, signal })),
  });
}

/** Who has a role, page by page. */
export function useMembers(id: string) {
  return useInfiniteQuery({
    queryKey: ["roles", "members", id],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { id }, query: { cursor: pageParam, limit: 50 } };
      return send(api.GET("/api/v1/roles/{id}/members", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Deletes a role. */
export function useDeleteRole() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  return useMutation({
    mutationFn: ({ body: { id }, version }: VersionedRole) => {
      const params = { path: { id }, header: { "If-Match": version } };
      return send(api.DELETE("/api/v1/roles/{id}", { params }));
    },
    onSuccess: async (_, { body: { id, name } }) => {
      notifyDone(`The role “${name}” is deleted.`);
      await navigate({ pathname: "/roles", search }, { state: { saved: true } });
      await client.invalidateQueries(allBut("roles", id));
      await client.invalidateQueries({ queryKey: ["users"] });
      await client.invalidateQueries({ queryKey: ["permissions", "own"] });
    },
    onError: async (error) => {
      notifyError(error);
      await client.invalidateQueries({ queryKey: ["roles"] });
    },
  });
}
