import { Button, Skeleton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { usePreference } from "@/lib/preferences";
import { useLiveRefetch } from "@/live/useLive";
import { GridFooter } from "./GridFooter";
import { GridTable, type GridColumn } from "./GridTable";
import { GridToolbar, type GridFilter } from "./GridToolbar";
import classes from "./DataGrid.module.css";
import {
  DEFAULT_PAGE_SIZE,
  isPreferences,
  placeFor,
  possibleSort,
  sortParameter,
  type Place,
  type Preferences,
  type Sort,
} from "./state";

export type { GridColumn, GridFilter };

/** What a page of a list is asked for with. */
export interface PageQuery {
  limit: number;
  cursor: string | undefined;
  /** As the api takes it, such as `uri,-createdAt`. */
  sort: string | undefined;
  search: string | undefined;
  /** The values of the filters that are set. */
  filters: Record<string, string>;
  signal: AbortSignal;
}

export interface DataGridProps<Row> {
  /** Under which preferences are kept; unique among grids. */
  id: string;
  /** What is listed, such as `Webhooks`. */
  label: string;
  /** What the query is cached under; to be invalidated after changes. */
  queryKey: readonly unknown[];
  fetchPage: (query: PageQuery) => Promise<{ items: Row[]; next?: string | null }>;
  rowId: (row: Row) => string;
  /** Where the row's details are; the search of the address is kept. */
  rowPath?: (row: Row) => string;
  columns: readonly GridColumn<Row>[];
  defaultSort?: readonly Sort[];
  /** The most columns that the api sorts by. */
  mostSorts?: number;
  /** What the search box looks in; without it there is none. */
  searchIn?: string;
  filters?: readonly GridFilter[];
  /** Buttons beside the search. */
  actions?: ReactNode;
  /** Shown when there is nothing at all: says what the next step is. */
  empty: ReactNode;
  /** Which news make the list ask again. */
  live?: readonly ("attempt" | "event")[];
  /** What the cells ask for themselves: asked for again with the list when the user wants it fresh. */
  onRefresh?: () => void;
}

const MOST_SORTS = 3;

/**
 * A list of the api, page by page: sorted, searched and filtered by the server.
 *
 * Search and filters are in the address, order, page size and hidden columns in the browser.
 */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  const { columns, filters = [], mostSorts = MOST_SORTS } = props;
  const [kept, keep] = usePreference<Preferences>(`grid.${props.id}`, {}, isPreferences);
  const sortable = columns.filter((column) => column.sortable).map((column) => column.id);
  const sort = possibleSort(kept.sort ?? props.defaultSort ?? [], sortable, mostSorts);
  const hidden = kept.hidden ?? columns.filter((column) => column.hidden).map(({ id }) => id);
  const pageSize = kept.pageSize ?? DEFAULT_PAGE_SIZE;

  const narrowing = useNarrowing(filters);
  const page = usePage(props, { limit: pageSize, sort, ...narrowing.values });
  useLiveRefetch(props.queryKey, props.live ?? []);

  const { query } = page;
  const rows = query.data?.items;
  return (
    <section className={classes.grid} aria-label={props.label} aria-busy={query.isFetching}>
      <GridToolbar
        label={props.label}
        searchIn={props.searchIn}
        search={narrowing.values.search}
        onSearch={narrowing.setSearch}
        filters={filters}
        values={narrowing.values.filters}
        onFilter={narrowing.setFilter}
        onClear={narrowing.clear}
        columns={columns}
        hidden={hidden}
        onHidden={(next) => keep({ ...kept, hidden: next })}
        sort={sort}
        mostSorts={mostSorts}
        onSort={(next) => keep({ ...kept, sort: next })}
        onRefresh={() => {
          void query.refetch();
          props.onRefresh?.();
        }}
        refreshing={query.isFetching}
        actions={props.actions}
      />
      {query.isError && (
        <div className={classes.notice}>
          <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
      {rows === undefined && query.isPending && <Loading rows={Math.min(pageSize, 10)} />}
      {rows?.length === 0 &&
        (page.next !== undefined ? (
          <NothingYet onNext={page.next} />
        ) : page.number > 1 || narrowing.isSet ? (
          <NothingFound onClear={narrowing.isSet ? narrowing.clear : page.first} />
        ) : (
          props.empty
        ))}
      {rows !== undefined && rows.length > 0 && (
        <GridTable
          label={props.label}
          rows={rows}
          rowId={props.rowId}
          rowPath={props.rowPath}
          columns={columns}
          hidden={hidden}
          sort={sort}
          mostSorts={mostSorts}
          onSort={(next) => keep({ ...kept, sort: next })}
          stale={query.isPlaceholderData}
        />
      )}
      {rows !== undefined && (rows.length > 0 || page.number > 1) && (
        <GridFooter
          label={props.label}
          page={page.number}
          rows={rows.length}
          pageSize={pageSize}
          onPageSize={(next) => keep({ ...kept, pageSize: next })}
          onFirst={page.first}
          onPrevious={page.previous}
          onNext={page.next}
        />
      )}
    </section>
  );
}

interface Narrowed {
  search: string;
  filters: Record<string, string>;
}

/** Search and filters, as the address has them. */
function useNarrowing(filters: readonly GridFilter[]) {
  const [query, setQuery] = useSearchParams();
  const values: Narrowed = { search: query.get("q") ?? "", filters: {} };
  for (const { id } of filters) {
    const value = query.get(id);
    if (value !== null && value !== "") values.filters[id] = value;
  }
  const set = (name: string, value: string) =>
    setQuery(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      // Each letter of a search is no step to go back to.
      { replace: true },
    );
  return {
    values,
    isSet: values.search !== "" || Object.keys(values.filters).length > 0,
    setSearch: (value: string) => set("q", value),
    setFilter: set,
    clear: () => setQuery({}, { replace: true }),
  };
}

/** The page that is shown, and the way to others. */
function usePage<Row>(
  { queryKey, fetchPage }: DataGridProps<Row>,
  asked: Narrowed & { limit: number; sort: Sort[] },
) {
  const { limit, search, filters } = asked;
  const sort = sortParameter(asked.sort);
  const question = JSON.stringify([limit, sort, search, filters]);
  const [stored, setPlace] = useState<Place>({ of: question, cursors: [] });
  const place = placeFor(stored, question);
  const cursor = place.cursors.at(-1);
  const query = useQuery({
    queryKey: [...queryKey, { limit, sort, search, filters, cursor }],
    queryFn: ({ signal }) =>
      fetchPage({
        limit,
        cursor,
        sort,
        search: search === "" ? undefined : search,
        filters,
        signal,
      }),
    placeholderData: keepPreviousData,
  });
  const next = query.isPlaceholderData ? undefined : query.data?.next;
  const go = (cursors: readonly string[]) => setPlace({ of: question, cursors });
  return {
    query,
    number: place.cursors.length + 1,
    first: () => go([]),
    previous: place.cursors.length > 0 ? () => go(place.cursors.slice(0, -1)) : undefined,
    next: typeof next === "string" ? () => go([...place.cursors, next]) : undefined,
  };
}

function Loading({ rows }: { rows: number }) {
  return (
    <div className={classes.notice} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={20} my={12} />
      ))}
    </div>
  );
}

/** A search for few among very many looks so far at a time: its page may be empty and lead on. */
function NothingYet({ onNext }: { onNext: () => void }) {
  return (
    <EmptyState title="Nothing found so far">
      <p>There is more to look through.</p>
      <Button variant="default" onClick={onNext}>
        Search further
      </Button>
    </EmptyState>
  );
}

function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState title="Nothing found">
      <p>Nothing here matches the search and the filters.</p>
      <Button variant="default" onClick={onClear}>
        Show everything
      </Button>
    </EmptyState>
  );
}
