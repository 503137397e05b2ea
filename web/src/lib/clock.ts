import { useSyncExternalStore } from "react";

/** A hook for the present time, which moves on every so many milliseconds: one timer for a whole page. */
export function clockOf(everyMs: number): () => Date {
  let now = new Date();
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;

  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    timer ??= setInterval(() => {
      now = new Date();
      for (const tell of listeners) tell();
    }, everyMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
  const read = () => {
    // Without a timer nobody moves it on.
    if (timer === undefined && Date.now() - now.getTime() > everyMs) now = new Date();
    return now;
  };
  return function usePresent() {
    return useSyncExternalStore(subscribe, read);
  };
}
