import { useCallback, useState } from "react";

const PREFIX = "postrider.";

/** A preference of this browser: how things look, never what the api said. */
export function usePreference<T>(
  name: string,
  fallback: T,
  isValid: (value: unknown) => value is T,
): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => readPreference(name, fallback, isValid));
  const change = useCallback(
    (next: T) => {
      setValue(next);
      writePreference(name, next);
    },
    [name],
  );
  return [value, change];
}

/** Reads a preference; what is not valid (any more) counts as not there. */
export function readPreference<T>(
  name: string,
  fallback: T,
  isValid: (value: unknown) => value is T,
): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    if (text === null) return fallback;
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : fallback;
  } catch {
    // No storage, or not ours: the default is as good.
    return fallback;
  }
}

/** Keeps a preference, if the browser does. */
export function writePreference(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing shows the defaults next time.
  }
}
