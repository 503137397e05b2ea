import { Center, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { MeProvider, useSession } from "@/api/session";
import { ErrorNotice } from "@/components/ErrorNotice";
import { signInPath } from "./returnTo";

/** Shows its children to who is signed in, and sends others to the sign-in page and back. */
export function RequireSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const location = useLocation();
  if (session.data === undefined) {
    return (
      <Center mih="60vh" p="md">
        {session.isError ? (
          <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )}
      </Center>
    );
  }
  if (session.data.me === null) {
    return <Navigate to={signInPath(location, session.data.ended)} replace />;
  }
  // Somebody else begins with nothing of the one before.
  return (
    <MeProvider key={session.data.me.id} value={session.data.me}>
      {children}
    </MeProvider>
  );
}
