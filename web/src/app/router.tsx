import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { AdministratorsOnly } from "./AdministratorsOnly";
import { NotFound } from "./NotFound";
import { PageError } from "./PageError";
import { RequireSession } from "./RequireSession";
import { Home } from "./Home";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";

type Page = () => Promise<{ default: React.ComponentType }>;

/** A page in a chunk of its own. */
function page(load: Page): Pick<RouteObject, "lazy"> {
  return { lazy: async () => ({ Component: (await load()).default }) };
}

const forEverybody: RouteObject[] = [
  { index: true, element: <Home /> },
  {
    path: "webhooks",
    ...page(() => import("@/pages/webhooks")),
    children: [
      { path: "new", ...page(() => import("@/pages/webhooks/New")) },
      { path: ":id", ...page(() => import("@/pages/webhooks/Detail")) },
      { path: ":id/edit", ...page(() => import("@/pages/webhooks/Edit")) },
    ],
  },
  { path: "deliveries/*", ...page(() => import("@/pages/deliveries")) },
  { path: "events/*", ...page(() => import("@/pages/events")) },
  { path: "replays/*", ...page(() => import("@/pages/replays")) },
  { path: "account/*", ...page(() => import("@/pages/account")) },
  { path: "settings/*", element: <Navigate to="/account" replace /> },
];

const forAdministrators: RouteObject[] = [
  { path: "overview/*", ...page(() => import("@/pages/overview")) },
  { path: "inbox/*", ...page(() => import("@/pages/inbox")) },
  { path: "filters/*", ...page(() => import("@/pages/filters")) },
  { path: "users/*", ...page(() => import("@/pages/users")) },
  { path: "roles/*", ...page(() => import("@/pages/roles")) },
  { path: "keys/*", ...page(() => import("@/pages/keys")) },
  { path: "audit/*", ...page(() => import("@/pages/audit")) },
];

export const router = createBrowserRouter([
  { path: "/sign-in", element: <SignIn />, errorElement: <PageError /> },
  {
    // Nothing to see while the first page's chunk is on its way.
    hydrateFallbackElement: <></>,
    element: (
      <RequireSession>
        <Shell />
      </RequireSession>
    ),
    errorElement: <PageError />,
    children: [
      {
        // An error of a page leaves the navigation in place.
        errorElement: <PageError />,
        children: [
          ...forEverybody,
          { element: <AdministratorsOnly />, children: forAdministrators },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);
