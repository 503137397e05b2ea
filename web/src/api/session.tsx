import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { api, send, whenSignedOut } from "./client";
import type { Me } from "./schema.gen";
import { ApiError } from "./problem";

const ME = ["me"] as const;

/** Where the session stands. `ended`: there was one before. */
export type Session = { me: Me } | { me: null; ended: boolean };

/**
 * Asks who is signed in. `null` in the cache means nobody, and says whether there was somebody.
 */
export function useSession() {
  const client = useQueryClient();
  return useQuery<Session>({
    queryKey: ME,
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<Session>(ME);
      try {
        const me = await send<Me>(api.GET("/api/v1/me", { signal }));
        // Another tab may have signed somebody else in.
        if (before?.me && before.me.id !== me.id) clearAllBut(client, ME[0]);
        return { me };
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        // Whoever found out first has said whether a session ended.
        const found = client.getQueryData<Session>(ME);
        return found?.me === null ? found : { me: null, ended: Boolean(before?.me) };
      }
    },
    staleTime: 60_000,
  });
}

const MeContext = createContext<Me | null>(null);

/** Hands down who is signed in. */
export const MeProvider = MeContext.Provider;

/** Who is signed in; only below the shell, which is shown to nobody else. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("useMe is for pages inside the shell");
  return me;
}

/** Whether the user manages everything. */
export function useIsAdministrator(): boolean {
  return useMe().administrator;
}

/** Wires the answers of the api to the session: a 401 anywhere empties the cache and ends it. */
export function watchSession(client: QueryClient): void {
  whenSignedOut(() => {
    const session = client.getQueryData<Session>(ME);
    if (session === undefined || session.me === null) return;
    forget(client, { me: null, ended: true });
  });
  otherTabs.addEventListener("message", () => void client.invalidateQueries({ queryKey: ME }));
}

/** Tells the other tabs that somebody else may be signed in by now. */
const otherTabs = new BroadcastChannel("postrider.session");

/** Signing in and out. */
export function useSignInOut() {
  const client = useQueryClient();
  return {
    signIn: async (userName: string, password: string): Promise<void> => {
      const me = await send<Me>(api.POST("/api/v1/session", { body: { userName, password } }));
      forget(client, { me });
      otherTabs.postMessage("in");
    },
    signOut: async (): Promise<void> => {
      await send(api.DELETE("/api/v1/session"));
      forget(client, { me: null, ended: false });
      otherTabs.postMessage("out");
    },
  };
}

/** What one user was told is not for the next one. */
function forget(client: QueryClient, session: Session): void {
  void client.cancelQueries();
  clearAllBut(client, ME[0]);
  client.setQueryData<Session>(ME, session);
}

function clearAllBut(client: QueryClient, kind: string): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== kind });
  client.getMutationCache().clear();
}
