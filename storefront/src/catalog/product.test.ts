import { describe, expect, it } from "vitest";
import type { Product, Variant } from "../lib/api";
import {
  findVariant,
  firstVariant,
  fromPrice,
  isSoldOut,
  openOptions,
  pictures,
  priceOf,
  selectionOf,
  stockLimit,
  stockOf,
  variantLabel,
  variantWith,
} from "./product";

const variant = (id: string, options: Record<string, string>, amount: number | null, stock: number | null) =>
  ({
    id,
    options: Object.entries(options).map(([option_id, value]) => ({
      id: `${id}-${option_id}`,
      option_id,
      value,
    })),
    manage_inventory: stock !== null,
    allow_backorder: false,
    inventory_quantity: stock ?? undefined,
    calculated_price:
      amount === null ? null : { calculated_amount: amount, original_amount: amount, currency_code: "usd" },
  }) as unknown as Variant;

const throwBlanket = {
  id: "prod_1",
  title: "Wool Throw",
  options: [
    { id: "color", title: "Color", values: [{ value: "Moss" }, { value: "Oat" }] },
    { id: "size", title: "Size", values: [{ value: "One size" }] },
  ],
  variants: [
    variant("moss", { color: "Moss", size: "One size" }, 149, 0),
    variant("oat", { color: "Oat", size: "One size" }, 139, 3),
  ],
} as unknown as Product;

describe("variants", () => {
  it("asks only for what can be chosen", () => {
    expect(openOptions(throwBlanket).map((option) => option.title)).toEqual(["Color"]);
  });

  it("starts with the first that can be bought", () => {
    expect(firstVariant(throwBlanket)?.id).toBe("oat");
    const gone = { ...throwBlanket, variants: [variant("moss", {}, 1, 0)] } as Product;
    expect(firstVariant(gone)?.id).toBe("moss");
    expect(isSoldOut(gone)).toBe(true);
    expect(isSoldOut(throwBlanket)).toBe(false);
  });

  it("finds the variant of a selection", () => {
    const selection = selectionOf(firstVariant(throwBlanket));
    expect(findVariant(throwBlanket, selection)?.id).toBe("oat");
    expect(variantWith(throwBlanket, selection, "color", "Moss")?.id).toBe("moss");
    expect(variantWith(throwBlanket, selection, "color", "Rust")).toBeUndefined();
  });
});

describe("stock", () => {
  it.each([
    ["not counted", variant("a", {}, 1, null), null, "available"],
    ["plenty", variant("a", {}, 1, 40), 40, "available"],
    ["few", variant("a", {}, 1, 5), 5, "low"],
    ["none", variant("a", {}, 1, 0), 0, "none"],
    ["less than none", variant("a", {}, 1, -2), 0, "none"],
    ["on order", { ...variant("a", {}, 1, 0), allow_backorder: true } as Variant, null, "available"],
  ])("%s", (_case, subject, limit, state) => {
    expect(stockLimit(subject)).toBe(limit);
    expect(stockOf(subject)).toBe(state);
  });
});

describe("prices", () => {
  it("names the cheapest and that there are others", () => {
    expect(fromPrice(throwBlanket)).toEqual({
      price: { amount: 139, was: null, currency: "usd" },
      more: true,
    });
  });

  it("knows a sale", () => {
    const sale = variant("a", {}, 20, null);
    sale.calculated_price = { calculated_amount: 15, original_amount: 20, currency_code: "usd" } as never;
    expect(priceOf(sale)).toEqual({ amount: 15, was: 20, currency: "usd" });
  });

  it("has none in a currency without prices", () => {
    expect(priceOf(variant("a", {}, null, 1))).toBeNull();
    expect(fromPrice({ ...throwBlanket, variants: [variant("a", {}, null, 1)] } as Product)).toBeNull();
  });

  it("takes zero for a price", () => {
    expect(priceOf(variant("a", {}, 0, 1))?.amount).toBe(0);
  });
});

it("shows each picture once, and the thumbnail when it is all there is", () => {
  const images = [{ url: "/media/a.svg" }, { url: "/media/b.svg" }, { url: "/media/a.svg" }];
  expect(pictures({ thumbnail: "/media/a.svg", images } as Product)).toEqual([
    "/media/a.svg",
    "/media/b.svg",
  ]);
  expect(pictures({ thumbnail: "/media/t.svg", images: [] } as unknown as Product)).toEqual(["/media/t.svg"]);
  expect(pictures({ thumbnail: null, images: null } as Product)).toEqual([]);
});

it.each([
  ["Moss", "Moss"],
  ["Default", null],
  ["Default variant", null],
  ["Wool Throw", null],
  ["", null],
  [null, null],
])("labels the variant %j", (title, want) => {
  expect(variantLabel(title, "Wool Throw")).toBe(want);
});
