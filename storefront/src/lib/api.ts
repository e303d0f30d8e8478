import { Client, FetchError, Store } from "@medusajs/js-sdk";
import type { HttpTypes } from "@medusajs/types";
import { withTimeout } from "./failure";

export type Region = HttpTypes.StoreRegion;
export type Country = NonNullable<Region["countries"]>[number];
export type Product = HttpTypes.StoreProduct;
export type Variant = HttpTypes.StoreProductVariant;
export type Cart = HttpTypes.StoreCart & { completed_at?: string | Date };
export type CartLine = HttpTypes.StoreCartLineItem;
export type ShippingOption = HttpTypes.StoreCartShippingOption;
export type Order = HttpTypes.StoreOrder;
export type AddressInput = HttpTypes.StoreAddAddress;

const productFields =
  "id,title,subtitle,description,handle,thumbnail,material," +
  "*images,*options,*options.values,*variants,*variants.options,*variants.calculated_price,+variants.inventory_quantity";
const cartFields =
  "+completed_at,+items.thumbnail,+items.is_tax_inclusive,+items.total,+items.subtotal,+shipping_methods.name";

/** Bound on one request. A cold store may take some seconds for its first order. */
const timeoutMs = 25_000;
const readRetryDelayMs = 800;

/** The part of the Store API that this storefront uses. Every method may throw; see describeFailure. */
export interface Api {
  regions(): Promise<Region[]>;
  products(regionId: string, offset: number, limit: number): Promise<{ products: Product[]; count: number }>;
  /** Resolves to null when no product has the handle. */
  product(regionId: string, handle: string): Promise<Product | null>;
  cart(id: string): Promise<Cart>;
  createCart(body: HttpTypes.StoreCreateCart): Promise<Cart>;
  updateCart(id: string, body: HttpTypes.StoreUpdateCart): Promise<Cart>;
  addLine(cartId: string, variantId: string, quantity: number): Promise<Cart>;
  setLine(cartId: string, lineId: string, quantity: number): Promise<Cart>;
  removeLine(cartId: string, lineId: string): Promise<Cart>;
  shippingOptions(cartId: string): Promise<ShippingOption[]>;
  chooseShipping(cartId: string, optionId: string): Promise<Cart>;
  startPayment(cart: Cart, providerId: string): Promise<void>;
  complete(cartId: string): Promise<HttpTypes.StoreCompleteCartResponse>;
  order(id: string): Promise<Order>;
  /** Resolves to null when number and email do not belong together. */
  lookupOrder(number: string, email: string): Promise<string | null>;
}

/** Creates the client for the store on this page's origin. */
export function createApi(publishableKey: string): Api {
  // Only the shopper's half of the SDK: its default export would include the admin's.
  // Shoppers do not sign in, and a token that the admin on this origin has stored must not be sent.
  const auth = { type: "jwt", jwtTokenStorageMethod: "memory" } as const;
  const client = new Client({ baseUrl: "/", publishableKey, auth });
  const store = new Store(client);
  const query = { fields: cartFields };

  const write = <T>(work: Promise<T>) => withTimeout(work, timeoutMs);
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await withTimeout(work(), timeoutMs);
    } catch (error) {
      if (error instanceof FetchError && (error.status ?? 0) < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, readRetryDelayMs));
      return withTimeout(work(), timeoutMs);
    }
  };
  const products = (more: HttpTypes.StoreProductListParams) =>
    read(() => store.product.list({ fields: productFields, ...more }));

  return {
    regions: async () =>
      (await read(() => store.region.list({ limit: 50, fields: "id,name,currency_code,*countries" })))
        .regions,
    products: (regionId, offset, limit) =>
      products({ region_id: regionId, offset, limit, order: "created_at" }),
    product: async (regionId, handle) =>
      (await products({ region_id: regionId, handle, limit: 1 })).products[0] ?? null,
    cart: async (id) => (await read(() => store.cart.retrieve(id, query))).cart,
    createCart: async (body) => (await write(store.cart.create(body, query))).cart,
    updateCart: async (id, body) => (await write(store.cart.update(id, body, query))).cart,
    addLine: async (id, variantId, quantity) =>
      (await write(store.cart.createLineItem(id, { variant_id: variantId, quantity }, query))).cart,
    setLine: async (id, lineId, quantity) =>
      (await write(store.cart.updateLineItem(id, lineId, { quantity }, query))).cart,
    removeLine: async (id, lineId) => {
      const { parent } = await write(store.cart.deleteLineItem(id, lineId, query));
      return parent ?? (await write(store.cart.retrieve(id, query))).cart;
    },
    shippingOptions: async (id) =>
      (await read(() => store.fulfillment.listCartOptions({ cart_id: id }))).shipping_options,
    chooseShipping: async (id, optionId) =>
      (await write(store.cart.addShippingMethod(id, { option_id: optionId }, query))).cart,
    startPayment: async (cart, providerId) => {
      await write(store.payment.initiatePaymentSession(cart, { provider_id: providerId }));
    },
    complete: (id) => write(store.cart.complete(id)),
    order: async (id) => (await read(() => store.order.retrieve(id))).order,
    lookupOrder: async (number, email) => {
      try {
        const found = await read(() =>
          client.fetch<{ order_id: string }>("/store/order-lookup", { query: { number, email } }),
        );
        return found.order_id;
      } catch (error) {
        if (error instanceof FetchError && error.status === 404) return null;
        throw error;
      }
    },
  };
}
