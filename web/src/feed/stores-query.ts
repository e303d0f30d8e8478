import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client.ts";
import type { Store } from "../api/types.ts";
import { type Stores, storesKey } from "./cache.ts";

/** All stores that this session can see. Once loaded, the live stream keeps them up to date. */
export const storesQuery = queryOptions({
  queryKey: storesKey,
  queryFn: async ({ signal, client }): Promise<Stores> => {
    const live: Record<string, Store> = {};
    let next: string | undefined;
    do {
      const page = await unwrap(
        api.GET("/api/v1/stores", {
          params: { query: { limit: 500, ...(next ? { continue: next } : {}) } },
          signal,
        }),
      );
      for (const store of page.items) live[store.name] = store;
      next = page.continue;
    } while (next);
    return { live, gone: client.getQueryData<Stores>(storesKey)?.gone ?? {} };
  },
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

const list = (stores: Stores) => Object.values(stores.live);

/** The stores in no order. */
export function useStores(): {
  stores: readonly Store[];
  pending: boolean;
  error: unknown;
  refetch: () => void;
} {
  const { data, isPending, error, refetch } = useQuery({ ...storesQuery, select: list });
  return { stores: data ?? [], pending: isPending, error, refetch: () => void refetch() };
}

/** One store: as it is, or as it was last seen before it was deleted. */
export function useStore(name: string): { store: Store | undefined; gone: boolean; pending: boolean } {
  const { data, isPending } = useQuery({
    ...storesQuery,
    select: (stores) => ({ live: stores.live[name], gone: stores.gone[name] }),
  });
  return {
    store: data?.live ?? data?.gone,
    gone: !data?.live && data?.gone !== undefined,
    pending: isPending,
  };
}
