import type { AccessName, PermissionView } from "@/api/schema.gen";

/** In this order they are shown. */
export const ACCESSES: readonly AccessName[] = ["read", "modify", "delete", "create"];

const VERBS: Record<AccessName, string> = {
  read: "read",
  modify: "change",
  delete: "delete",
  create: "create",
};

/** What is allowed, such as `Read, change and delete`. */
export function accessText(access: readonly AccessName[]): string {
  const verbs = ACCESSES.filter((name) => access.includes(name)).map((name) => VERBS[name]);
  const last = verbs.at(-1) ?? "nothing";
  const text = verbs.length < 2 ? last : `${verbs.slice(0, -1).join(", ")} and ${last}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

type Granted = Pick<PermissionView, "access" | "kind" | "scope" | "target">;

/** A permission in words, such as `Read and change all reports`. */
export function permissionText({ access, kind, scope, target }: Granted): string {
  const verbs = accessText(access);
  if (scope === "one") return `${verbs} one of ${kind}: ${target ?? "unknown"}`;
  if (scope === "category") return `${verbs} ${kind} in the category ${target ?? "unknown"}`;
  return `${verbs} all ${kind}`;
}

/**
 * What is allowed after `name` was ticked or unticked: whoever changes or deletes reads as well, and
 * what is created is not there yet, so that this is about every resource alone.
 */
export function toggleAccess(
  access: readonly AccessName[],
  name: AccessName,
  allowed: boolean,
): AccessName[] {
  const next = new Set(access);
  if (allowed) {
    next.add(name);
    if (name === "modify" || name === "delete") next.add("read");
  } else {
    next.delete(name);
    if (name === "read") {
      next.delete("modify");
      next.delete("delete");
    }
  }
  return ACCESSES.filter((each) => next.has(each));
}

/** What of it can be granted on these resources. */
export function accessWithin(
  access: readonly AccessName[],
  scope: PermissionView["scope"],
): AccessName[] {
  return access.filter((name) => scope === "any" || name !== "create");
}
