/** A page of a list. */
export interface Listed<Row> {
  items: Row[];
  next?: string | null;
}

/** How long a search goes on by itself before it says that there is nothing yet. */
const PATIENCE_MS = 8_000;

/**
 * Follows a search for few among very many to the first page that has something: a page of the api
 * may be empty and lead on all the same. After a while it comes back with an empty one that does.
 */
export async function walk<Row>(
  fetchPage: (cursor: string | undefined) => Promise<Listed<Row>>,
  cursor: string | undefined,
  now: () => number = Date.now,
): Promise<Listed<Row>> {
  const until = now() + PATIENCE_MS;
  let page = await fetchPage(cursor);
  while (page.items.length === 0 && typeof page.next === "string" && now() < until)
    page = await fetchPage(page.next);
  return page;
}
