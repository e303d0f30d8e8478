import type { Cart, Order } from "../lib/api";

export interface TotalsRow {
  label: string;
  /** In major units; null where it is not known yet. */
  amount: number | null;
}

export interface Totals {
  rows: TotalsRow[];
  total: number;
  /** The tax in the total where prices include it, else null. */
  includedTax: number | null;
}

type Sums = Pick<
  Cart | Order,
  | "item_subtotal"
  | "original_item_total"
  | "shipping_subtotal"
  | "original_shipping_total"
  | "discount_total"
  | "discount_tax_total"
  | "tax_total"
  | "total"
> & { items?: { is_tax_inclusive?: boolean }[] | null; shipping_methods?: unknown[] | null };

/**
 * The lines of a bill. Where prices include tax, so do the lines, and tax is a note; elsewhere tax is a line of
 * its own. The known lines always add up to the total.
 */
export function billTotals(sums: Sums): Totals {
  const inclusive = (sums.items ?? []).some((item) => item.is_tax_inclusive === true);
  const chosen = (sums.shipping_methods ?? []).length > 0;
  const discount = inclusive ? sums.discount_total : sums.discount_total - sums.discount_tax_total;
  const shipping = inclusive ? sums.original_shipping_total : sums.shipping_subtotal;
  const rows: TotalsRow[] = [
    { label: "Subtotal", amount: inclusive ? sums.original_item_total : sums.item_subtotal },
  ];
  if (discount > 0) rows.push({ label: "Discount", amount: -discount });
  rows.push({ label: "Delivery", amount: chosen ? shipping : null });
  if (!inclusive && sums.tax_total > 0) rows.push({ label: "Tax", amount: sums.tax_total });
  return { rows, total: sums.total, includedTax: inclusive && sums.tax_total > 0 ? sums.tax_total : null };
}
