import type { Product, Variant } from "../lib/api";
import type { Price } from "../lib/money";

/** The chosen value of each option, by option id. */
export type Selection = Record<string, string>;

export type Stock = "available" | "low" | "none";

const lowStock = 5;

/** How many of a variant can be bought; null when stock is not tracked or backorders are allowed. */
export function stockLimit(variant: Variant): number | null {
  if (!variant.manage_inventory || variant.allow_backorder) return null;
  return Math.max(0, variant.inventory_quantity ?? 0);
}

export function stockOf(variant: Variant): Stock {
  const limit = stockLimit(variant);
  if (limit === null) return "available";
  if (limit === 0) return "none";
  return limit <= lowStock ? "low" : "available";
}

export const isSoldOut = (product: Product): boolean =>
  (product.variants ?? []).every((variant) => stockOf(variant) === "none");

/** The options that the shopper has to choose: those with more than one value. */
export function openOptions(product: Product): NonNullable<Product["options"]> {
  return (product.options ?? []).filter((option) => (option.values ?? []).length > 1);
}

export function selectionOf(variant: Variant | undefined): Selection {
  const selection: Selection = {};
  for (const value of variant?.options ?? []) {
    if (value.option_id) selection[value.option_id] = value.value;
  }
  return selection;
}

/** The variant with exactly these option values. */
export function findVariant(product: Product, selection: Selection): Variant | undefined {
  return (product.variants ?? []).find((variant) => {
    const own = selectionOf(variant);
    return Object.keys(own).every((optionId) => own[optionId] === selection[optionId]);
  });
}

/** The variant to show first: the first in stock, else the first. */
export function firstVariant(product: Product): Variant | undefined {
  const variants = product.variants ?? [];
  return variants.find((variant) => stockOf(variant) !== "none") ?? variants[0];
}

/** The variant with another value for one option; undefined when there is none. */
export function variantWith(
  product: Product,
  selection: Selection,
  optionId: string,
  value: string,
): Variant | undefined {
  return findVariant(product, { ...selection, [optionId]: value });
}

export function priceOf(variant: Variant | undefined): Price | null {
  const price = variant?.calculated_price;
  const amount = price?.calculated_amount;
  if (amount === null || amount === undefined || !price?.currency_code) return null;
  const original = price.original_amount ?? amount;
  return { amount, was: original > amount ? original : null, currency: price.currency_code };
}

/** The cheapest price of a product, and whether other variants cost more. */
export function fromPrice(product: Product): { price: Price; more: boolean } | null {
  const prices = (product.variants ?? []).map(priceOf).filter((price) => price !== null);
  const [first] = prices;
  if (!first) return null;
  const price = prices.reduce((least, next) => (next.amount < least.amount ? next : least), first);
  return { price, more: prices.some((other) => other.amount > price.amount) };
}

/** The product's pictures in order, without duplicates; its thumbnail when there are no others. */
export function pictures(product: Product): string[] {
  const urls = (product.images ?? []).map((image) => image.url);
  if (product.thumbnail && urls.length === 0) urls.push(product.thumbnail);
  return [...new Set(urls.filter((url) => url !== ""))];
}

/** The variant's name where it is informative: Medusa calls the only variant of a product "Default". */
export function variantLabel(
  title: string | null | undefined,
  productTitle: string | null | undefined,
): string | null {
  const label = (title ?? "").trim();
  if (label === "" || label === productTitle || /^default( variant| title)?$/i.test(label)) return null;
  return label;
}
