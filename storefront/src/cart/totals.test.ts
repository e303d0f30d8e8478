import { expect, it } from "vitest";
import { billTotals } from "./totals";

const plain = {
  item_subtotal: 68,
  original_item_total: 68,
  shipping_subtotal: 0,
  original_shipping_total: 0,
  discount_total: 0,
  discount_tax_total: 0,
  tax_total: 0,
  total: 68,
  items: [{ is_tax_inclusive: false }],
  shipping_methods: [] as unknown[],
};
const known = (totals: ReturnType<typeof billTotals>) =>
  totals.rows.reduce((sum, row) => sum + (row.amount ?? 0), 0);

it("leaves delivery open until a method is chosen", () => {
  expect(billTotals(plain)).toEqual({
    rows: [
      { label: "Subtotal", amount: 68 },
      { label: "Delivery", amount: null },
    ],
    total: 68,
    includedTax: null,
  });
});

it("knows free delivery from delivery not chosen", () => {
  const totals = billTotals({ ...plain, shipping_methods: [{}] });
  expect(totals.rows).toContainEqual({ label: "Delivery", amount: 0 });
});

it("adds tax and takes off the discount where prices are without tax", () => {
  const totals = billTotals({
    ...plain,
    item_subtotal: 100,
    shipping_subtotal: 10,
    shipping_methods: [{}],
    // 20 % off the goods: 20 net and 2 of the tax.
    discount_total: 22,
    discount_tax_total: 2,
    tax_total: 9,
    total: 99,
  });
  expect(totals.rows.map((row) => row.label)).toEqual(["Subtotal", "Discount", "Delivery", "Tax"]);
  expect(known(totals)).toBe(totals.total);
});

it("only remarks on tax where prices hold it", () => {
  const totals = billTotals({
    ...plain,
    items: [{ is_tax_inclusive: true }],
    item_subtotal: 100,
    original_item_total: 119,
    shipping_subtotal: 10,
    original_shipping_total: 11.9,
    shipping_methods: [{}],
    discount_total: 11.9,
    discount_tax_total: 1.9,
    tax_total: 19,
    total: 119,
  });
  expect(totals.rows.map((row) => row.label)).toEqual(["Subtotal", "Discount", "Delivery"]);
  expect(totals.includedTax).toBe(19);
  expect(known(totals)).toBeCloseTo(totals.total, 10);
});
