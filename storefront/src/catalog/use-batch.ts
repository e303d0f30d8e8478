import type { Product } from "../lib/api";
import type { Loaded } from "../lib/resource";
import { useInRegion, useShop } from "../lib/shop";

export const batchSize = 24;

/** The key under which a part of the catalogue is remembered, before its region is added. */
export const batchKey = (offset: number) => `products:${offset}`;

/** Some of the catalogue, oldest first, from the given position on. */
export function useBatch(
  offset: number,
): Loaded<{ products: Product[]; count: number }> & { retry: () => void } {
  const { api } = useShop();
  return useInRegion(batchKey(offset), (region) => api.products(region.id, offset, batchSize));
}
