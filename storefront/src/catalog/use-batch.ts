import type { Product } from "../lib/api";
import type { Loaded } from "../lib/resource";
import { useInRegion, useShop } from "../lib/shop";

export const batchSize = 24;

/** The cache key of one batch of products, without its region. */
export const batchKey = (offset: number) => `products:${offset}`;

/** One batch of products, oldest first, starting at the given position. */
export function useBatch(
  offset: number,
): Loaded<{ products: Product[]; count: number }> & { retry: () => void } {
  const { api } = useShop();
  return useInRegion(batchKey(offset), (region) => api.products(region.id, offset, batchSize));
}
