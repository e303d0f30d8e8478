import {
  type AnchorHTMLAttributes,
  createContext,
  type MouseEvent,
  useContext,
  useSyncExternalStore,
} from "react";

/** The browser's history, for React to subscribe to. */
export class Router {
  readonly #listeners = new Set<() => void>();
  /** True once the shopper has navigated within the shop: the first page must not take the focus. */
  moved = false;

  constructor() {
    addEventListener("popstate", () => this.#notify());
  }

  path = (): string => location.pathname;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Navigates to a path of this shop and scrolls to the top. */
  go(path: string, options: { replace?: boolean } = {}): void {
    if (options.replace || path === location.pathname) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    this.#notify();
    scrollTo({ top: 0, behavior: "instant" });
  }

  #notify(): void {
    this.moved = true;
    for (const listener of this.#listeners) listener();
  }
}

export const RouterContext = createContext<Router | null>(null);

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (router === null) throw new Error("useRouter needs a RouterContext");
  return router;
}

export function usePath(): string {
  const router = useRouter();
  return useSyncExternalStore(router.subscribe, router.path);
}

/** A link within the shop. The browser handles new tabs, downloads and modified clicks. */
export function Link({ to, onClick, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const router = useRouter();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    event.preventDefault();
    router.go(to);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
