import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import type { Grant, PermissionView } from "@/api/schema.gen";

/** Who has permissions: a user, or everybody with a role. */
export interface Holder {
  kind: "user" | "role";
  id: string;
}

const PAGE = 100;

function fetchPermissions({ kind, id }: Holder, cursor: string | undefined, signal: AbortSignal) {
  const params = { path: { id }, query: { cursor, limit: PAGE } };
  return kind === "user"
    ? send(api.GET("/api/v1/users/{id}/permissions", { params, signal }))
    : send(api.GET("/api/v1/roles/{id}/permissions", { params, signal }));
}

/** What a user or a role may do, page by page. */
export function usePermissions(holder: Holder) {
  return useInfiniteQuery({
    queryKey: ["permissions", holder.kind, holder.id],
    queryFn: ({ pageParam, signal }) => fetchPermissions(holder, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Grants a permission; what was granted on the same resources before is replaced. */
export function useGrant({ kind, id }: Holder) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Grant) => {
      const params = { path: { id } };
      return kind === "user"
        ? send(api.POST("/api/v1/users/{id}/permissions", { params, body }))
        : send(api.POST("/api/v1/roles/{id}/permissions", { params, body }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["permissions"] }),
  });
}

/** Takes a permission away. */
export function useRevoke({ kind, id }: Holder) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id: permissionId }: PermissionView) => {
      const params = { path: { id, permissionId } };
      return kind === "user"
        ? send(api.DELETE("/api/v1/users/{id}/permissions/{permissionId}", { params }))
        : send(api.DELETE("/api/v1/roles/{id}/permissions/{permissionId}", { params }));
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["permissions"] }),
  });
}
