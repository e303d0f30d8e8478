import type { QueryClient } from "@tanstack/react-query";
import type { Store } from "../api/types.ts";

/** Every store that this session can see, and those that were deleted while this page was open. */
export type Stores = {
  readonly live: Readonly<Record<string, Store>>;
  readonly gone: Readonly<Record<string, Store>>;
};

export const storesKey = ["stores"] as const;

/** What the live stream tells, in its order. */
export type Change =
  | { kind: "updated"; store: Store }
  | { kind: "deleted"; store: Store }
  | { kind: "synced"; seen: ReadonlySet<string> };

/** Applies changes in order. After a new connection, `synced` drops what the server no longer has. */
export function applyChanges(stores: Stores, changes: readonly Change[]): Stores {
  const live: Record<string, Store> = { ...stores.live };
  const gone: Record<string, Store> = { ...stores.gone };
  for (const change of changes) {
    if (change.kind === "updated") {
      // A late answer about a store that is gone does not bring it back.
      if (gone[change.store.name]?.uid === change.store.uid) continue;
      live[change.store.name] = change.store;
      // A new store may have the name of one that is gone.
      delete gone[change.store.name];
    } else if (change.kind === "deleted") {
      const { name, uid } = change.store;
      if (live[name] !== undefined && live[name].uid !== uid) continue;
      delete live[name];
      gone[name] = change.store;
    } else {
      for (const [name, store] of Object.entries(live)) {
        if (change.seen.has(store.uid)) continue;
        delete live[name];
        gone[name] = store;
      }
    }
  }
  return { live, gone };
}

/** Writes one store into the cache, as a request answered it. */
export function putStore(client: QueryClient, store: Store): void {
  client.setQueryData<Stores>(storesKey, (stores) =>
    applyChanges(stores ?? { live: {}, gone: {} }, [{ kind: "updated", store }]),
  );
}
