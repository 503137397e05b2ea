import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { PageQuery } from "@/components/grid/DataGrid";
import { useLive } from "@/live/useLive";
import { isAmongRows, watchPointer } from "./reading";
import { countNew, hold, type Patch } from "./steady";
import { walk, type Listed } from "./walk";

interface Options<Row> {
  /** What the list is cached under. */
  queryKey: readonly unknown[];
  fetchPage: (query: PageQuery) => Promise<Listed<Row>>;
  idOf: (row: Row) => string;
  /** What the news say of rows that are not among the newest any more. */
  patch: Patch<Row>;
  /** Details cover the list: what is beneath is being read. */
  covered: boolean;
}

interface View<Row> {
  place: string;
  cursor: string | undefined;
  page: Listed<Row>;
}

const NOTHING = { fresh: 0, more: false };
/** How often a list asks again when there are no news to be had. */
const WITHOUT_NEWS_MS = 10_000;

/**
 * A list that keeps up with what happens, and does not move under whoever reads it: while somebody
 * does, rows change in place, and new ones are counted until they are asked for.
 */
export function useSteadyRows<Row>(options: Options<Row>) {
  const { queryKey, idOf, patch } = options;
  const client = useQueryClient();
  const [news, setNews] = useState(NOTHING);
  const [generation, setGeneration] = useState(0);
  const view = useRef<View<Row>>(undefined);
  const head = useRef<{ question: string; known: Set<string> }>(undefined);
  const wanted = useRef(false);
  const covered = useRef(options.covered);
  useEffect(() => {
    covered.current = options.covered;
  });
  useEffect(watchPointer, []);
  usePolling(queryKey);

  const search = (query: PageQuery) =>
    walk((cursor) => options.fetchPage({ ...query, cursor }), query.cursor);

  // What was found by looking far is not looked for as far again with every news.
  const askAgain = async (query: PageQuery, shown: Listed<Row>): Promise<Listed<Row>> => {
    const page = await options.fetchPage(query);
    const looksOn = page.items.length === 0 && typeof page.next === "string";
    return looksOn ? { ...shown, items: shown.items.map(patch) } : page;
  };

  const firstPage = async (query: PageQuery, again: boolean): Promise<Listed<Row>> => {
    const shown = again ? view.current?.page : undefined;
    const page = await (shown === undefined ? search(query) : askAgain(query, shown));
    const reads = !wanted.current && (covered.current || isAmongRows());
    if (shown !== undefined && reads) {
      const held = hold(shown.items, page.items, idOf, patch);
      setNews({ fresh: held.fresh, more: held.more });
      return { ...shown, items: held.rows };
    }
    wanted.current = false;
    head.current = { question: questionOf(query), known: new Set(page.items.map(idOf)) };
    setNews(NOTHING);
    return page;
  };

  const laterPage = async (query: PageQuery, again: boolean): Promise<Listed<Row>> => {
    const shown = again ? view.current?.page : undefined;
    if (shown === undefined) return search(query);
    const [page, first] = await Promise.all([
      askAgain(query, shown),
      options.fetchPage({ ...query, cursor: undefined }),
    ]);
    if (head.current?.question === questionOf(query))
      setNews(countNew(head.current.known, first.items.map(idOf)));
    return { ...shown, items: hold(shown.items, page.items, idOf, patch).rows };
  };

  const fetchPage = async (query: PageQuery): Promise<Listed<Row>> => {
    const { cursor } = query;
    const place = JSON.stringify([questionOf(query), cursor]);
    const again = view.current?.place === place;
    const page = await (cursor === undefined ? firstPage(query, again) : laterPage(query, again));
    view.current = { place, cursor, page };
    return page;
  };

  const show = () => {
    wanted.current = true;
    setNews(NOTHING);
    window.scrollTo({ top: 0 });
    // A grid begins at its first page.
    if (view.current?.cursor !== undefined) setGeneration(generation + 1);
    void client.invalidateQueries({ queryKey });
  };
  return { fetchPage, news, show, generation };
}

function questionOf({ limit, sort, search, filters }: PageQuery): string {
  return JSON.stringify([limit, sort, search, filters]);
}

/** Asks again from time to time while there is no stream of news. */
function usePolling(queryKey: readonly unknown[]): void {
  const client = useQueryClient();
  const live = useLive();
  const alone = live === "lost" || live === "off";
  const key = JSON.stringify(queryKey);
  useEffect(() => {
    if (!alone) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "hidden") return;
      void client.invalidateQueries({ queryKey: JSON.parse(key) as unknown[] });
    }, WITHOUT_NEWS_MS);
    return () => clearInterval(timer);
  }, [alone, client, key]);
}
