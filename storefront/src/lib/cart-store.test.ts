import { FetchError } from "@medusajs/js-sdk";
import { describe, expect, it, vi } from "vitest";
import type { Cart } from "./api";
import { CartStore, countItems } from "./cart-store";
import { keepIn } from "./storage";

const cart = (id: string, more: Partial<Cart> = {}) => ({ id, items: [], ...more }) as unknown as Cart;
const notFound = new FetchError("Cart not found", "Not Found", 404);

function setup(saved: Record<string, string> = {}) {
  const keep = keepIn(() => {
    throw new Error("storage is refused");
  });
  for (const [key, value] of Object.entries(saved)) keep.set(key, value);
  const api = {
    cart: vi.fn(async (id: string) => cart(id)),
    createCart: vi.fn(async () => cart("cart_new")),
    updateCart: vi.fn(async (id: string) => cart(id)),
    addLine: vi.fn(async (id: string, _variant: string, _quantity: number) => cart(id)),
    setLine: vi.fn(async (id: string, _line: string, _quantity: number) => cart(id)),
    removeLine: vi.fn(async (id: string, _line: string) => cart(id)),
    chooseShipping: vi.fn(async (id: string) => cart(id)),
    complete: vi.fn(async () => ({ type: "order", order: { id: "order_1" } }) as never),
  };
  return { api, keep, store: new CartStore(api, keep) };
}

describe("load", () => {
  it("takes up the cart of an earlier visit", async () => {
    const { store } = setup({ "shopflow.cart": "cart_1" });
    await store.load();
    expect(store.state()).toMatchObject({ status: "ready", cart: { id: "cart_1" } });
  });

  it("asks for nothing when there was none", async () => {
    const { store, api } = setup();
    await store.load();
    expect(store.state()).toMatchObject({ status: "ready", cart: null });
    expect(api.cart).not.toHaveBeenCalled();
  });

  it("forgets a cart that is gone", async () => {
    const { store, api, keep } = setup({ "shopflow.cart": "cart_old" });
    api.cart.mockRejectedValue(notFound);
    await store.load();
    expect(store.state()).toMatchObject({ status: "ready", cart: null });
    expect(keep.get("shopflow.cart")).toBeNull();
  });

  it("keeps the id when the store cannot be reached", async () => {
    const { store, api, keep } = setup({ "shopflow.cart": "cart_1" });
    api.cart.mockRejectedValueOnce(new TypeError("offline"));
    await store.load();
    expect(store.state().status).toBe("error");
    expect(keep.get("shopflow.cart")).toBe("cart_1");
    await store.load();
    expect(store.state()).toMatchObject({ status: "ready", cart: { id: "cart_1" } });
  });

  it("finds the order whose answer was lost", async () => {
    const { store, api, keep } = setup({ "shopflow.cart": "cart_1", "shopflow.placing": "cart_1" });
    api.cart.mockResolvedValue(cart("cart_1", { completed_at: "2026-01-01" }));
    await store.load();
    expect(store.state()).toMatchObject({ status: "ready", cart: null, placedOrderId: "order_1" });
    expect(keep.get("shopflow.cart")).toBeNull();
  });

  it("does not bring up an order that was seen", async () => {
    const { store, api } = setup({ "shopflow.cart": "cart_1" });
    api.cart.mockResolvedValue(cart("cart_1", { completed_at: "2026-01-01" }));
    await store.load();
    expect(store.state()).toMatchObject({ cart: null, placedOrderId: null });
    expect(api.complete).not.toHaveBeenCalled();
  });
});

describe("changes", () => {
  it("creates a cart with the first product in one request", async () => {
    const { store, api, keep } = setup();
    await store.add("reg_us", "variant_1", 2);
    expect(api.createCart).toHaveBeenCalledWith({
      region_id: "reg_us",
      items: [{ variant_id: "variant_1", quantity: 2 }],
    });
    expect(keep.get("shopflow.cart")).toBe("cart_new");
    await store.add("reg_us", "variant_2", 1);
    expect(api.addLine).toHaveBeenCalledWith("cart_new", "variant_2", 1);
  });

  it("starts over when the cart was ordered in another tab", async () => {
    const { store, api } = setup({ "shopflow.cart": "cart_1" });
    await store.load();
    api.addLine.mockRejectedValue(new FetchError("Cart cart_1 is already completed.", "Bad Request", 400));
    api.cart.mockResolvedValue(cart("cart_1", { completed_at: "2026-01-01" }));
    expect((await store.add("reg_us", "variant_1", 1)).id).toBe("cart_new");
  });

  it("keeps the cart when only the stock is short", async () => {
    const { store, api, keep } = setup({ "shopflow.cart": "cart_1" });
    await store.load();
    const short = new FetchError("Some variant does not have the required inventory", "Bad Request", 400);
    api.addLine.mockRejectedValue(short);
    await expect(store.add("reg_us", "variant_1", 99)).rejects.toBe(short);
    expect(api.createCart).not.toHaveBeenCalled();
    expect(keep.get("shopflow.cart")).toBe("cart_1");
    expect(store.state().pending).toBe(0);
  });

  it("sends changes one after the other", async () => {
    const { store, api } = setup({ "shopflow.cart": "cart_1" });
    await store.load();
    const log: string[] = [];
    api.setLine.mockImplementation(async (id, _line, quantity) => {
      log.push(`start ${quantity}`);
      await Promise.resolve();
      log.push(`end ${quantity}`);
      return cart(id);
    });
    const changes = [store.setQuantity("line_1", 2), store.setQuantity("line_1", 3)];
    expect(store.state().pending).toBe(2);
    await Promise.all(changes);
    expect(log).toEqual(["start 2", "end 2", "start 3", "end 3"]);
  });

  it("removes a line at quantity zero", async () => {
    const { store, api } = setup({ "shopflow.cart": "cart_1" });
    await store.load();
    await store.setQuantity("line_1", 0);
    expect(api.removeLine).toHaveBeenCalledWith("cart_1", "line_1");
  });
});

it("counts pieces", () => {
  expect(countItems(null)).toBe(0);
  expect(countItems({ items: [{ quantity: 2 }, { quantity: 3 }] } as never)).toBe(5);
});
