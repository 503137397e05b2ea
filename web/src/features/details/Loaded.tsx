import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { isNotFound } from "@/api/problem";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isError: boolean;
  refetch: () => unknown;
}

interface Props<T> {
  query: Query<T>;
  /** Said when it is not there. */
  missing: string;
  children: (data: T) => ReactNode;
}

/** What was asked for once it is there; until then that it is coming, or why it does not. */
export function Loaded<T>({ query, missing, children }: Props<T>) {
  if (query.isError && isNotFound(query.error)) return <EmptyState title={missing} />;
  return (
    <>
      {query.isError && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.data === undefined ? !query.isError && <Coming /> : children(query.data)}
    </>
  );
}

function Coming() {
  return (
    <div role="status" aria-label="Loading">
      {[60, 80, 45].map((width) => (
        <Skeleton key={width} height={16} my={12} width={`${width}%`} />
      ))}
    </div>
  );
}
