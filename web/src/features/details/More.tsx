import { Button } from "@mantine/core";

interface Query {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Fetches the next page of a list within details, when there is one. */
export function More({ query }: { query: Query }) {
  if (!query.hasNextPage) return null;
  return (
    <Button
      mt="xs"
      size="compact-sm"
      variant="default"
      loading={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
    >
      Show more
    </Button>
  );
}
