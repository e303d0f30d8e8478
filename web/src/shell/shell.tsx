import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { api, unwrap } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { Live } from "../feed/live.ts";
import { chooseTheme, type Theme, useTheme } from "../lib/theme.ts";
import { switchSession, useSession } from "../session/session.ts";
import { followTabs, tellTabs } from "../session/tabs.ts";
import { CheckIcon, ChevronIcon, PersonIcon } from "../ui/icons.tsx";
import { ConnectionStrip } from "./connection-strip.tsx";

/** The frame of every signed-in page. It owns the one live stream. */
export function Shell() {
  const client = useQueryClient();
  const router = useRouter();
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [live] = useState(
    () =>
      new Live({
        client,
        signedOut: () => {
          switchSession(client, null);
          void router.invalidate();
        },
      }),
  );
  useEffect(() => live.start(), [live]);
  const { user } = useSession();
  useEffect(() => followTabs(user.id), [user.id]);

  // A new page begins at its top, for the keyboard too. The first one keeps what the browser does.
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="absolute top-2 left-2 z-20 -translate-y-[200%] rounded-md bg-ink px-4 py-2 text-paper focus:translate-y-0"
      >
        Skip to content
      </a>
      <Header />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl flex-1 px-4 pt-8 pb-24 sm:px-8 sm:pt-12"
      >
        <Outlet />
      </main>
      <ConnectionStrip live={live} />
    </div>
  );
}

const navLink =
  "inline-flex min-h-11 items-center border-b-2 border-transparent px-1 text-soft transition-colors duration-150 hover:text-ink data-[status=active]:border-accent data-[status=active]:text-ink";

function Header() {
  const { user } = useSession();
  return (
    <header className="sticky top-0 z-10 border-rule border-b bg-paper">
      <div className="mx-auto flex min-h-16 max-w-6xl items-center gap-4 px-4 sm:gap-9 sm:px-8">
        <Link to="/" className="font-serif text-[1.45rem] tracking-tight" aria-label="ShopFlow, your stores">
          ShopFlow
        </Link>
        <nav aria-label="Main" className="flex flex-1 gap-4 sm:gap-6">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }} className={navLink}>
            Stores
          </Link>
          {user.role === "admin" && (
            <Link to="/admin" className={navLink}>
              Platform
            </Link>
          )}
        </nav>
        <PersonMenu />
      </div>
    </header>
  );
}

const item =
  "flex min-h-10 w-full items-center justify-between gap-6 rounded-md px-3 text-sm outline-none data-highlighted:bg-sunken";

const themes: readonly { value: Theme; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

function PersonMenu() {
  const { user } = useSession();
  const client = useQueryClient();
  const router = useRouter();
  const theme = useTheme();
  const signOut = async () => {
    // The page forgets everything even when the server could not be reached, but then says that the session still exists.
    const unheard = await unwrap(api.DELETE("/api/v1/session")).then(
      () => false,
      (error) => !(error instanceof Problem && error.status === 401),
    );
    switchSession(client, null);
    tellTabs("");
    await router.navigate({ to: "/sign-in", search: unheard ? { error: "sign_out_unheard" } : {} });
  };
  return (
    <Menu.Root>
      <Menu.Trigger className="inline-flex min-h-11 min-w-11 cursor-pointer items-center justify-center gap-2 rounded-md px-2 text-sm text-soft hover:text-ink">
        <PersonIcon size="1.35em" />
        <span className="hidden max-w-48 truncate sm:inline">{user.name || user.email}</span>
        <span className="sr-only sm:hidden">Your account</span>
        <span className="hidden sm:inline">
          <ChevronIcon />
        </span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-20">
          <Menu.Popup className="w-64 origin-(--transform-origin) rounded-lg border border-rule bg-sheet p-1.5 shadow-lift outline-none transition-[opacity,scale] duration-100 data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0">
            <p className="truncate px-3 pt-2 pb-2 text-xs text-soft" title={user.email}>
              {user.email}
            </p>
            <Menu.LinkItem className={item} render={<Link to="/account" />} closeOnClick>
              Account
            </Menu.LinkItem>
            <Menu.LinkItem className={item} render={<Link to="/tokens" />} closeOnClick>
              API tokens
            </Menu.LinkItem>
            <Menu.LinkItem className={item} href="/docs/api" target="_blank" rel="noreferrer">
              API reference
            </Menu.LinkItem>
            <Menu.Separator className="mx-3 my-1.5 h-px bg-rule" />
            <Menu.RadioGroup
              value={theme}
              onValueChange={(value: Theme) => chooseTheme(value)}
              aria-label="Theme"
            >
              {themes.map(({ value, label }) => (
                <Menu.RadioItem key={value} value={value} className={item} closeOnClick={false}>
                  {label}
                  <Menu.RadioItemIndicator>
                    <CheckIcon />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="mx-3 my-1.5 h-px bg-rule" />
            <Menu.Item className={item} onClick={() => void signOut()}>
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
