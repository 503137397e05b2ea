import { Navigate } from "react-router";
import { useIsAdministrator } from "@/api/session";

/** Where one lands: the figures for those who see them, their webhooks for the others. */
export function Home() {
  return <Navigate to={useIsAdministrator() ? "/overview" : "/webhooks"} replace />;
}
