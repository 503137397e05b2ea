import { api, send } from "@/api/client";
import type { StateName } from "@/api/schema.gen";
import type { GridFilter, PageQuery } from "@/components/grid/DataGrid";
import {
  eventFilter,
  filterFilter,
  registrationFilter,
  timeFilters,
  typeFilter,
} from "@/features/history/filters";
import { moments } from "@/features/history/timeRange";
import type { ListedDelivery } from "@/api/schema.gen";
import type { Listed } from "@/features/history/walk";
import { DEAD_REASONS, HOLD_REASONS, isDeadReason, isHoldReason } from "@/features/history/words";

const STATES: Record<StateName, string> = {
  pending: "Pending",
  held: "Held",
  delivered: "Delivered",
  dead: "Dead",
};

const state: GridFilter = {
  id: "state",
  label: "State",
  options: Object.entries(STATES).map(([value, label]) => ({ value, label })),
};

const holdReason: GridFilter = {
  id: "holdReason",
  label: "Held for",
  options: reasonOptions(HOLD_REASONS),
};

const deadReason: GridFilter = {
  id: "deadReason",
  label: "Given up for",
  options: reasonOptions(DEAD_REASONS),
};

function reasonOptions(reasons: Record<string, { short: string }>) {
  return Object.entries(reasons).map(([value, { short }]) => ({ value, label: capital(short) }));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The filters that make sense together: what it is held or was given up for, by the state. */
export function deliveryFilters(query: URLSearchParams): GridFilter[] {
  const chosen = query.get("state");
  const by = (name: string, of: StateName) =>
    chosen === of || ((chosen === null || chosen === "") && query.get(name));
  return [
    registrationFilter,
    state,
    ...(by("holdReason", "held") ? [holdReason] : []),
    ...(by("deadReason", "dead") ? [deadReason] : []),
    filterFilter,
    typeFilter,
    ...timeFilters,
    eventFilter,
  ];
}

const isState = (name: string | undefined): name is StateName =>
  name !== undefined && Object.hasOwn(STATES, name);

/** A page of deliveries. An address may say anything: what the api cannot know is left out. */
export function fetchDeliveries({
  limit,
  cursor,
  filters,
  signal,
}: PageQuery): Promise<Listed<ListedDelivery>> {
  const { registrationId, eventId, state: wanted, filter, type } = filters;
  const held = filters["holdReason"] ?? "";
  const dead = filters["deadReason"] ?? "";
  const query = {
    limit,
    cursor,
    registrationId,
    eventId,
    filter,
    type,
    ...(isState(wanted) && { state: wanted }),
    ...(isHoldReason(held) && { holdReason: held }),
    ...(isDeadReason(dead) && { deadReason: dead }),
    ...moments(filters, new Date()),
  };
  return send(api.GET("/api/v1/deliveries", { params: { query }, signal }));
}

/** Where a replay of what is listed begins: the filters that it has, too, are taken over. */
export function replayPath(query: URLSearchParams, now = new Date()): string {
  const taken = new URLSearchParams();
  for (const name of ["registrationId", "state", "deadReason", "filter", "type"]) {
    const value = query.get(name);
    if (value !== null && value !== "") taken.set(name, value);
  }
  const value = (name: string) => query.get(name) || undefined;
  const range = { last: value("last"), from: value("from"), to: value("to") };
  // A replay is of a span that stands still.
  for (const [name, moment] of Object.entries(moments(range, now))) taken.set(name, moment);
  const search = taken.toString();
  return `/replays/new${search === "" ? "" : `?${search}`}`;
}
