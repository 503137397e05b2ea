import { useQuery } from "@tanstack/react-query";
import { api, send, sendForVersion } from "@/api/client";
import type { UserDetails } from "@/api/schema.gen";
import { useMe } from "@/api/session";

/** A user with their version, which changing them wants to know. */
export interface VersionedUser {
  body: UserDetails;
  version: string | undefined;
}

/** What is known of a user. For administrators. */
export function useUser(id: string) {
  return useQuery<VersionedUser>({
    queryKey: ["users", "detail", id],
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/users/{id}", { params: { path: { id } }, signal })),
  });
}

/** The name of a user: asked for once, however often it is shown. Undefined until it is known. */
export function useUserName(id: string | null): string | undefined {
  const me = useMe();
  const { data } = useQuery({
    queryKey: ["users", "detail", id],
    queryFn: ({ signal }) =>
      sendForVersion(api.GET("/api/v1/users/{id}", { params: { path: { id: id ?? "" } }, signal })),
    enabled: id !== null && id !== me.id && me.administrator,
    staleTime: 60_000,
  });
  return id === me.id ? me.name : data?.body.name;
}

/** Users whose name contains this. */
export function useUserSearch(search: string) {
  return useQuery({
    queryKey: ["users", "search", search],
    queryFn: ({ signal }) => {
      const query = { search: search === "" ? undefined : search, limit: 20 };
      return send(api.GET("/api/v1/users", { params: { query }, signal }));
    },
    placeholderData: (before) => before,
  });
}
