import type { HttpTypes } from "@medusajs/types";
import type { Api, Cart } from "./api";
import { describeFailure } from "./failure";
import type { Keep } from "./storage";

const cartKey = "shopflow.cart";
const placingKey = "shopflow.placing";

export interface CartState {
  /** "loading" until the cart of an earlier visit has been read or is known to be gone. */
  status: "loading" | "ready" | "error";
  /** Why the cart could not be read. */
  error: unknown;
  cart: Cart | null;
  /** The number of changes in flight. */
  pending: number;
  /** An order that was placed although its answer never arrived. */
  placedOrderId: string | null;
}

type CartApi = Pick<
  Api,
  "cart" | "createCart" | "updateCart" | "addLine" | "setLine" | "removeLine" | "chooseShipping" | "complete"
>;

/**
 * The shopper's cart. Its id outlives the page; the cart itself is on the server. Changes are sent one after
 * another, so that quick clicks cannot overtake each other.
 */
export class CartStore {
  readonly #api: CartApi;
  readonly #keep: Keep;
  readonly #listeners = new Set<() => void>();
  #state: CartState = { status: "loading", error: null, cart: null, pending: 0, placedOrderId: null };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(api: CartApi, keep: Keep) {
    this.#api = api;
    this.#keep = keep;
  }

  state = (): CartState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Loads the cart of an earlier visit. A cart that is gone or already ordered is dropped. */
  load(): Promise<void> {
    this.#put({ status: "loading" });
    return this.#inTurn(async () => {
      try {
        await this.#restore();
        this.#put({ status: "ready" });
      } catch (error) {
        this.#put({ status: "error", error });
      }
    });
  }

  /** Adds a variant to the cart, and creates the cart when there is none. */
  add(regionId: string, variantId: string, quantity: number): Promise<Cart> {
    const items = [{ variant_id: variantId, quantity }];
    return this.#change((id) => this.#api.addLine(id, variantId, quantity), { region_id: regionId, items });
  }

  /** Sets a line's quantity; zero removes the line. */
  setQuantity(lineId: string, quantity: number): Promise<Cart> {
    return this.#change((id) =>
      quantity > 0 ? this.#api.setLine(id, lineId, quantity) : this.#api.removeLine(id, lineId),
    );
  }

  remove(lineId: string): Promise<Cart> {
    return this.setQuantity(lineId, 0);
  }

  /** Saves email, addresses or region on the cart. */
  update(body: HttpTypes.StoreUpdateCart): Promise<Cart> {
    return this.#change((id) => this.#api.updateCart(id, body));
  }

  chooseShipping(optionId: string): Promise<Cart> {
    return this.#change((id) => this.#api.chooseShipping(id, optionId));
  }

  /** Waits until every change so far has succeeded or failed. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  /** Records that the cart is being ordered, so that a later visit can find out how it ended. */
  placing(): void {
    const id = this.#state.cart?.id;
    if (id) this.#keep.set(placingKey, id);
  }

  /** True when an order of this cart was sent and its outcome is unknown. */
  isPlacing(): boolean {
    const id = this.#state.cart?.id;
    return id !== undefined && this.#keep.get(placingKey) === id;
  }

  /** The server refused: nothing was ordered. */
  notPlaced(): void {
    this.#keep.remove(placingKey);
  }

  /** The cart has become an order; the next product starts a new one. */
  placed(): void {
    this.#forget();
    this.#put({ cart: null });
  }

  /** Replaces the cart by a newer copy, read or changed outside this store. */
  replace(cart: Cart): void {
    this.#put({ cart });
  }

  async #restore(): Promise<void> {
    const id = this.#keep.get(cartKey);
    if (id === null) return;
    try {
      const cart = await this.#api.cart(id);
      if (!cart.completed_at) {
        this.#put({ cart });
        return;
      }
    } catch (error) {
      if (describeFailure(error).kind !== "gone") throw error;
      this.#forget();
      return;
    }
    if (this.#keep.get(placingKey) === id) {
      // Completing an ordered cart again orders nothing: it answers with the existing order.
      const done = await this.#api.complete(id);
      if (done.type === "order") this.#put({ placedOrderId: done.order.id });
    }
    this.#forget();
  }

  #change(work: (cartId: string) => Promise<Cart>, create?: HttpTypes.StoreCreateCart): Promise<Cart> {
    this.#put({ pending: this.#state.pending + 1 });
    return this.#inTurn(async () => {
      try {
        const cart = await this.#attempt(work, create);
        this.#keep.set(cartKey, cart.id);
        this.#put({ cart, status: "ready" });
        return cart;
      } finally {
        this.#put({ pending: this.#state.pending - 1 });
      }
    });
  }

  async #attempt(work: (cartId: string) => Promise<Cart>, create?: HttpTypes.StoreCreateCart): Promise<Cart> {
    const id = this.#state.cart?.id ?? this.#keep.get(cartKey);
    if (id === null && create) return this.#api.createCart(create);
    if (id === null) throw new Error("there is no cart to change");
    try {
      return await work(id);
    } catch (error) {
      const stale = await this.#isStale(id, error);
      if (!stale) throw error;
      this.#forget();
      this.#put({ cart: null });
      if (!create) throw error;
      return this.#api.createCart(create);
    }
  }

  /** Whether a change failed because the cart is gone or has been ordered, in another tab perhaps. */
  async #isStale(id: string, error: unknown): Promise<boolean> {
    const { kind } = describeFailure(error);
    if (kind !== "gone" && kind !== "refused") return false;
    try {
      return Boolean((await this.#api.cart(id)).completed_at);
    } catch (readError) {
      return describeFailure(readError).kind === "gone";
    }
  }

  #forget(): void {
    this.#keep.remove(cartKey);
    this.#keep.remove(placingKey);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #put(change: Partial<CartState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** How many pieces are in the cart. */
export function countItems(cart: Pick<Cart, "items"> | null): number {
  return (cart?.items ?? []).reduce((sum, line) => sum + line.quantity, 0);
}
