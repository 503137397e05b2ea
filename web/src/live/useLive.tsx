import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from "react";
import type { StateName } from "@/api/schema.gen";
import type { OverviewNow } from "@/api/schema.gen";
import { keepStreaming, type LiveState } from "./stream";

/** An attempt that was just made, on a registration that the user sees. */
export interface LiveAttempt {
  id: string;
  deliveryId: string;
  registrationId: string;
  eventId: string;
  state: StateName;
  at: string;
  status: number | null;
  cause: string | null;
}

/** An event that was just accepted. */
export interface LiveEvent {
  id: string;
  filter: string;
  type: string;
  at: string;
}

/** What news there are, by kind. `many` stands for more attempts than are told one by one. */
export interface LiveNews {
  attempt: LiveAttempt;
  event: LiveEvent;
  overview: OverviewNow;
  many: { count: number };
}

type Handlers = { [Kind in keyof LiveNews]?: (news: LiveNews[Kind]) => void };

interface Hub {
  state: LiveState;
  listen: (handlers: { current: Handlers }) => () => void;
}

const HubContext = createContext<Hub | null>(null);

/** Keeps one stream of news for the whole tab while it is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<LiveState>("connecting");
  const listeners = useRef(new Set<{ current: Handlers }>());

  useEffect(() => {
    const stop = new AbortController();
    const onMessage = ({ event, data }: { event: string; data: string }) => {
      if (!isKind(event)) return;
      const news: unknown = parse(data);
      if (news === undefined) return;
      for (const handlers of listeners.current) {
        (handlers.current[event] as ((news: unknown) => void) | undefined)?.(news);
      }
    };
    void keepStreaming({ onMessage, onState: setState }, stop.signal);
    return () => stop.abort();
  }, []);

  const hub = useMemo<Hub>(
    () => ({
      state,
      listen: (handlers) => {
        const all = listeners.current;
        all.add(handlers);
        return () => all.delete(handlers);
      },
    }),
    [state],
  );
  return <HubContext value={hub}>{children}</HubContext>;
}

/** Hears the news, and says whether they come. */
export function useLive(handlers: Handlers = {}): LiveState {
  const hub = useContext(HubContext);
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  const listen = hub?.listen;
  useEffect(() => listen?.(latest), [listen]);
  return hub?.state ?? "off";
}

/** How long after the first of several news what is shown is asked for again. */
const GATHER_MS = 2_000;

/**
 * Asks again for what is shown under `key` when there are news of these kinds, at most every two
 * seconds. `concerns` leaves out news of something else.
 */
export function useLiveRefetch(
  key: QueryKey,
  kinds: readonly ("attempt" | "event")[],
  concerns: (news: LiveAttempt | LiveEvent) => boolean = () => true,
): LiveState {
  const client = useQueryClient();
  const timer = useRef(0);
  const latest = useRef(key);
  useEffect(() => {
    latest.current = key;
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  const refetchSoon = () => {
    if (timer.current !== 0) return;
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      // A page that nobody looks at asks when it is looked at again.
      if (document.visibilityState === "hidden") return;
      void client.invalidateQueries({ queryKey: latest.current });
    }, GATHER_MS);
  };
  const hear = (news: LiveAttempt | LiveEvent) => {
    if (concerns(news)) refetchSoon();
  };
  return useLive({
    ...(kinds.includes("attempt") && { attempt: hear, many: refetchSoon }),
    ...(kinds.includes("event") && { event: hear }),
  });
}

function isKind(event: string): event is keyof LiveNews {
  return event === "attempt" || event === "event" || event === "overview" || event === "many";
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
