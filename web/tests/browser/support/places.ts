import type { Seeded } from "./seed";

/** A page, and what is to be seen on it once it is there. */
export interface Place {
  name: string;
  path: string | ((seeded: Seeded) => string);
  sees?: string | RegExp;
}

/** Every page and every drawer. */
export const PLACES: readonly Place[] = [
  { name: "overview", path: "/overview", sees: "What waits" },
  { name: "overview-day", path: "/overview?range=day", sees: "The last day" },
  { name: "webhooks", path: ({ label }) => `/webhooks?q=${label}`, sees: /flaky/ },
  { name: "webhook", path: ({ webhook }) => `/webhooks/${webhook}` },
  { name: "webhook-new", path: "/webhooks/new", sees: "New webhook" },
  { name: "webhook-edit", path: ({ webhook }) => `/webhooks/${webhook}/edit` },
  { name: "deliveries", path: "/deliveries", sees: "Delivered" },
  { name: "delivery", path: ({ dead }) => `/deliveries/${dead}`, sees: "Dead" },
  { name: "events", path: "/events" },
  { name: "event", path: ({ event }) => `/events/${event}` },
  { name: "event-new", path: "/events/new" },
  { name: "event-why", path: "/events/why" },
  { name: "replays", path: "/replays" },
  { name: "replay-new", path: ({ webhook }) => `/replays/new?registrationId=${webhook}` },
  { name: "inbox", path: "/inbox", sees: "github" },
  { name: "inbox-item", path: ({ inboxItem }) => `/inbox/${inboxItem}` },
  { name: "filters", path: "/filters", sees: "reports" },
  { name: "filter-new", path: "/filters/new" },
  { name: "users", path: ({ label }) => `/users?q=${label}` },
  { name: "user", path: ({ ada }) => `/users/${ada.id}` },
  { name: "user-new", path: "/users/new" },
  { name: "roles", path: "/roles" },
  { name: "role-new", path: "/roles/new" },
  { name: "keys", path: "/keys" },
  { name: "key-new", path: "/keys/new" },
  { name: "audit", path: "/audit" },
  { name: "account", path: "/account" },
  { name: "not-found", path: "/webhooks/no/such/page", sees: "There is no such page" },
];

/** Where a page is. */
export function pathOf({ path }: Place, seeded: Seeded): string {
  return typeof path === "string" ? path : path(seeded);
}
