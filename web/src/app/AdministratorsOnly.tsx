import { Outlet } from "react-router";
import { useIsAdministrator } from "@/api/session";
import { EmptyState } from "@/components/EmptyState";
import { PageTitle } from "@/components/PageTitle";

/** Pages whose operations the api refuses to everybody else. */
export function AdministratorsOnly() {
  if (useIsAdministrator()) return <Outlet />;
  return (
    <>
      <PageTitle title="For administrators" />
      <EmptyState title="This page is for administrators" to="/webhooks" action="Go to webhooks">
        Ask an administrator if you need something from here.
      </EmptyState>
    </>
  );
}
