import { useQuery } from "@tanstack/react-query";
import { api, send } from "@/api/client";
import type { RoleView } from "@/api/schema.gen";

/** The role whose members manage everything: comes with the product, always with this id. */
const ADMINISTRATORS = "rol_00000000000070008000000000000001";

/** A role, and whether it is the one of administrators. */
export type KnownRole = RoleView & { administrators: boolean };

/** Every role. */
export function useRoles() {
  return useQuery({
    queryKey: ["roles", "list"],
    queryFn: ({ signal }) => send(api.GET("/api/v1/roles", { signal })),
    select: ({ items }) => ({
      items: items.map((role): KnownRole => ({
        ...role,
        administrators: isAdministrators(role.id),
      })),
    }),
  });
}

/** Whether it is the role of administrators. */
export function isAdministrators(roleId: string): boolean {
  return roleId === ADMINISTRATORS;
}
