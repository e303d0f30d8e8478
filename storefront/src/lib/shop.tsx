import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { Announcer } from "./announcer";
import type { Api, Region } from "./api";
import type { CartState, CartStore } from "./cart-store";
import type { StoreConfig } from "./config";
import type { RegionStore } from "./region-store";
import { type Cache, type Loaded, useResource } from "./resource";
import type { Keep } from "./storage";

/** Everything that pages share. Created once, in main.tsx. */
export interface Shop {
  config: StoreConfig;
  api: Api;
  cache: Cache;
  cart: CartStore;
  regions: RegionStore;
  announcer: Announcer;
  /** Outlives the page but not the browser window. */
  session: Keep;
}

export const ShopContext = createContext<Shop | null>(null);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (shop === null) throw new Error("useShop needs a ShopContext");
  return shop;
}

export function useCart(): CartState {
  const { cart } = useShop();
  return useSyncExternalStore(cart.subscribe, cart.state);
}

/** The shopper's region; null until it is known. */
export function useRegion(): Region | null {
  const { regions } = useShop();
  return useSyncExternalStore(regions.subscribe, regions.current);
}

/** Loads something whose prices depend on the region, as soon as the region is known. */
export function useInRegion<T>(
  key: string,
  loader: (region: Region) => Promise<T>,
): Loaded<T> & { retry: () => void } {
  const { cache, regions } = useShop();
  const first = useResource(cache, "region", () => regions.ensure());
  const region = useRegion();
  const inner = useResource(cache, region && `${key}@${region.id}`, () =>
    region ? loader(region) : Promise.reject(new Error("no region")),
  );
  return region === null && first.status === "error" ? first : inner;
}

/** Sets the title of the browser's tab and announces it after navigation within the shop. */
export function useTitle(title: string | null): void {
  const { config, announcer } = useShop();
  useEffect(() => {
    if (title === null) return;
    document.title = title === "" ? config.storeName : `${title} · ${config.storeName}`;
    announcer.pageTitle(title === "" ? config.storeName : title);
  }, [title, config, announcer]);
}
