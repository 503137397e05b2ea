import { useMe } from "@/api/session";

/** Whether the user may publish events. */
export function useMayPublish(): boolean {
  const { administrator, credential } = useMe();
  return administrator || credential.scopes.includes("publish");
}
