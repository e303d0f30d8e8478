import type { Store, StoreState } from "../api/types.ts";

export const states: readonly StoreState[] = [
  "Ready",
  "Provisioning",
  "Degraded",
  "Failed",
  "DataLost",
  "Deleting",
];

export type Filter = {
  q?: string | undefined;
  state?: string | undefined;
  engine?: string | undefined;
  owner?: string | undefined;
};

/** The stores that a filter lets through, the newest first. Every word has to be somewhere in the name, the title or the address. */
export function filterStores(stores: readonly Store[], filter: Filter): Store[] {
  const words = (filter.q ?? "").toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return stores
    .filter((store) => {
      if (filter.state && store.state !== filter.state) return false;
      if (filter.engine && store.engine !== filter.engine) return false;
      if (filter.owner && store.owner !== filter.owner) return false;
      const text = `${store.name} ${store.displayName ?? ""} ${store.url ?? ""}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.name.localeCompare(b.name));
}

/** How many stores are in each state. */
export function countStates(stores: readonly Store[]): Record<StoreState, number> {
  const counts = { Ready: 0, Provisioning: 0, Degraded: 0, Failed: 0, DataLost: 0, Deleting: 0 };
  for (const store of stores) counts[store.state] += 1;
  return counts;
}
