import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { storesQuery } from "./feed/stores-query.ts";
import { type Asked, readAsked } from "./session/asked.ts";
import { sessionQuery } from "./session/session.ts";
import { Crashed, Lost, Waiting } from "./shell/fallbacks.tsx";
import { Shell } from "./shell/shell.tsx";

type Context = { client: QueryClient };

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: Lost });

/** Only a path of this dashboard is a place to return to, never another site's address. */
export function safeNext(next: unknown): string | undefined {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in")
    ? next
    : undefined;
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => ({
    ...(safeNext(search.next) ? { next: safeNext(search.next) } : {}),
    ...(typeof search.error === "string" ? { error: search.error } : {}),
  }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session) throw redirect({ to: search.next ?? "/", replace: true });
  },
  component: lazyRouteComponent(() => import("./session/sign-in-page.tsx"), "SignInPage"),
});

/** Returns the session, or redirects to the sign-in page, which leads back here. */
async function admit({ context, location }: { context: Context; location: { href: string } }) {
  const session = await context.client.ensureQueryData(sessionQuery);
  if (!session)
    throw redirect({
      to: "/sign-in",
      search: location.href === "/" ? {} : { next: location.href },
      replace: true,
    });
  return { session };
}

/** The page that `shopflow login` opens. It shows the question and nothing else. */
const allow = createRoute({
  getParentRoute: () => root,
  path: "/login/cli",
  validateSearch: (search: Record<string, unknown>): Partial<Asked> => readAsked(search) ?? {},
  beforeLoad: admit,
  component: lazyRouteComponent(() => import("./session/allow-page.tsx"), "AllowPage"),
});

/** Everything behind the sign-in. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: admit,
  loader: ({ context }) => context.client.ensureQueryData(storesQuery),
  component: Shell,
});

const stores = createRoute({
  getParentRoute: () => app,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: string; engine?: string } =>
    Object.fromEntries(
      ["q", "state", "engine"].flatMap((key) =>
        typeof search[key] === "string" && search[key] !== "" ? [[key, search[key]]] : [],
      ),
    ),
  component: lazyRouteComponent(() => import("./stores/list-page.tsx"), "ListPage"),
});

const create = createRoute({
  getParentRoute: () => app,
  path: "/new",
  component: lazyRouteComponent(() => import("./create/create-page.tsx"), "CreatePage"),
});

const store = createRoute({
  getParentRoute: () => app,
  path: "/stores/$name",
  component: lazyRouteComponent(() => import("./store/store-page.tsx"), "StorePage"),
});

const storeChildren = [
  createRoute({
    getParentRoute: () => store,
    path: "/",
    component: lazyRouteComponent(() => import("./store/overview.tsx"), "Overview"),
  }),
  createRoute({
    getParentRoute: () => store,
    path: "/logs",
    component: lazyRouteComponent(() => import("./store/logs.tsx"), "Logs"),
  }),
  createRoute({
    getParentRoute: () => store,
    path: "/events",
    component: lazyRouteComponent(() => import("./store/events.tsx"), "Events"),
  }),
  createRoute({
    getParentRoute: () => store,
    path: "/usage",
    component: lazyRouteComponent(() => import("./store/usage.tsx"), "Usage"),
  }),
  createRoute({
    getParentRoute: () => store,
    path: "/settings",
    component: lazyRouteComponent(() => import("./store/settings.tsx"), "Settings"),
  }),
] as const;

const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  component: lazyRouteComponent(() => import("./account/account-page.tsx"), "AccountPage"),
});

const tokens = createRoute({
  getParentRoute: () => app,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./account/tokens-page.tsx"), "TokensPage"),
});

const admin = createRoute({
  getParentRoute: () => app,
  path: "/admin",
  beforeLoad: ({ context }) => {
    if (context.session.user.role !== "admin") throw redirect({ to: "/", replace: true });
  },
  component: lazyRouteComponent(() => import("./admin/admin-page.tsx"), "AdminPage"),
});

const adminChildren = [
  createRoute({
    getParentRoute: () => admin,
    path: "/",
    component: lazyRouteComponent(() => import("./admin/capacity.tsx"), "Capacity"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/stores",
    component: lazyRouteComponent(() => import("./admin/all-stores.tsx"), "AllStores"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/users",
    component: lazyRouteComponent(() => import("./admin/users.tsx"), "Users"),
  }),
  createRoute({
    getParentRoute: () => admin,
    path: "/audit",
    component: lazyRouteComponent(() => import("./admin/audit.tsx"), "Audit"),
  }),
] as const;

const routeTree = root.addChildren([
  signIn,
  allow,
  app.addChildren([
    stores,
    create,
    store.addChildren(storeChildren),
    account,
    tokens,
    admin.addChildren(adminChildren),
  ]),
]);

/** The router of the whole dashboard. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    // TanStack Query alone decides what is fresh.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Crashed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
