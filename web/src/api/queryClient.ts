import { QueryClient } from "@tanstack/react-query";
import { isTransient } from "./problem";

/** Makes the cache of what the api said: in memory alone, and emptied when the user changes. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => isTransient(error) && failures < 2,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}
