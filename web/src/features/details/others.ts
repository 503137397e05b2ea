import type { Query } from "@tanstack/react-query";

/** Queries of a kind of thing but those of the one that was just deleted, which would fail. */
export function allBut(kind: string, deleted: string) {
  return {
    predicate: ({ queryKey }: Pick<Query, "queryKey">) =>
      queryKey[0] === kind && !queryKey.includes(deleted),
  };
}
