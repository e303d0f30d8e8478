import { useCallback, useEffect, useSyncExternalStore } from "react";

/** The state of something that is loaded once and shown in many places. */
export type Loaded<T> =
  | { status: "loading" }
  | { status: "error"; error: unknown }
  | { status: "ready"; value: T };

const loading = { status: "loading" } as const;

/** Caches what was read from the server for the lifetime of the page. */
export class Cache {
  readonly #entries = new Map<string, Loaded<unknown>>();
  readonly #listeners = new Set<() => void>();

  get<T>(key: string): Loaded<T> | undefined {
    return this.#entries.get(key) as Loaded<T> | undefined;
  }

  set<T>(key: string, value: T): void {
    this.#put(key, { status: "ready", value });
  }

  /** Drops every entry whose key starts with the prefix, so that it is read again when next shown. */
  drop(prefix: string): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#entries.delete(key);
    this.#notify();
  }

  /** Loads the key unless it is cached or loading. A failed one is loaded again. */
  async load<T>(key: string, loader: () => Promise<T>): Promise<void> {
    const known = this.#entries.get(key);
    if (known && known.status !== "error") return;
    this.#put(key, loading);
    try {
      this.#put(key, { status: "ready", value: await loader() });
    } catch (error) {
      this.#put(key, { status: "error", error });
    }
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #put(key: string, entry: Loaded<unknown>): void {
    this.#entries.set(key, entry);
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Returns a cached value and loads it when it is missing. A null key loads nothing. */
export function useResource<T>(
  cache: Cache,
  key: string | null,
  loader: () => Promise<T>,
): Loaded<T> & { retry: () => void } {
  const entry = useSyncExternalStore(cache.subscribe, () => (key === null ? undefined : cache.get<T>(key)));
  const missing = entry === undefined;
  // The loader depends on nothing that is not in the key, so the key decides when to load.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const load = useCallback(() => {
    if (key !== null) void cache.load(key, loader);
  }, [cache, key]);
  useEffect(() => {
    if (missing) load();
  }, [missing, load]);
  return { ...(entry ?? loading), retry: load };
}
