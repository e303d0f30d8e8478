import { FetchError } from "@medusajs/js-sdk";
import { expect, it, vi } from "vitest";
import type { Cart } from "../lib/api";
import { emptyDetails } from "./details";
import { payOnDelivery, placeOrder } from "./place-order";

const cart = (more: Partial<Cart> = {}) =>
  ({
    id: "cart_1",
    total: 44,
    shipping_methods: [{ shipping_option_id: "so_1" }],
    ...more,
  }) as unknown as Cart;
const done = { type: "order", order: { id: "order_1" } } as never;
const details = { ...emptyDetails, email: " ada@example.com ", countryCode: "us" };
const attempt = { cart: cart(), details, optionId: "so_1", agreedTotal: 44 };
const lost = new TypeError("Failed to fetch");

function setup() {
  let placing = false;
  const mark = {
    isPlacing: () => placing,
    placing: () => {
      placing = true;
    },
    notPlaced: () => {
      placing = false;
    },
  };
  const api = {
    cart: vi.fn(async (_id: string) => cart()),
    updateCart: vi.fn(async (_id: string, _body: unknown) => cart()),
    chooseShipping: vi.fn(async (_id: string, _option: string) => cart()),
    startPayment: vi.fn(async (_cart: Cart, _provider: string) => undefined),
    complete: vi.fn(async (_id: string) => done),
  };
  const wait = vi.fn(async (_milliseconds: number) => undefined);
  return { api, mark, wait, place: (change = {}) => placeOrder(api, mark, { ...attempt, ...change }, wait) };
}

it("saves the address, starts pay on delivery and completes the cart", async () => {
  const { api, mark, place } = setup();
  expect(await place()).toEqual({ kind: "placed", orderId: "order_1" });
  expect(api.updateCart.mock.calls[0]?.[1]).toMatchObject({
    email: "ada@example.com",
    shipping_address: { country_code: "us" },
    billing_address: { country_code: "us" },
  });
  expect(api.startPayment.mock.calls[0]?.[1]).toBe(payOnDelivery);
  expect(api.chooseShipping).not.toHaveBeenCalled();
  expect(mark.isPlacing()).toBe(false);
});

it("chooses the delivery method again when the new address has dropped it", async () => {
  const { api, place } = setup();
  api.updateCart.mockResolvedValue(cart({ shipping_methods: [] }));
  expect((await place()).kind).toBe("placed");
  expect(api.chooseShipping).toHaveBeenCalledWith("cart_1", "so_1");
});

it("never orders for another total than the one shown", async () => {
  const { api, place } = setup();
  const dearer = cart({ total: 51 });
  api.updateCart.mockResolvedValue(dearer);
  expect(await place()).toEqual({ kind: "changed", cart: dearer });
  expect(api.startPayment).not.toHaveBeenCalled();
  expect(api.complete).not.toHaveBeenCalled();
});

it.each([
  ["a lost connection", lost, /not been placed/],
  ["an expired cart", new FetchError("Cart not found", "", 404), /expired/],
  [
    "a foreign country",
    new FetchError("Country with code aq is not within region US", "", 400),
    /do not deliver/,
  ],
])("says that nothing was ordered after %s on the way", async (_case, error, message) => {
  const { api, mark, place } = setup();
  api.updateCart.mockRejectedValue(error);
  const outcome = await place();
  expect(outcome).toMatchObject({ kind: "refused", message: expect.stringMatching(message) });
  expect(api.complete).not.toHaveBeenCalled();
  expect(mark.isPlacing()).toBe(false);
});

it("asks again when the answer to the order is lost", async () => {
  const { api, wait, place } = setup();
  api.complete.mockRejectedValueOnce(lost).mockRejectedValueOnce(new FetchError("", "", 503));
  expect(await place()).toEqual({ kind: "placed", orderId: "order_1" });
  expect(wait.mock.calls).toEqual([[1000], [3000]]);
});

it("waits for an order that another tab is placing", async () => {
  const { api, place } = setup();
  api.complete.mockRejectedValueOnce(
    new FetchError("Cart is already being completed by another request", "", 409),
  );
  expect(await place()).toEqual({ kind: "placed", orderId: "order_1" });
});

it("finds the order of an attempt whose answers were all lost", async () => {
  const { api, mark, place } = setup();
  api.complete.mockRejectedValue(lost);
  expect(await place()).toMatchObject({
    kind: "unknown",
    message: expect.stringMatching(/not be charged.*twice/),
  });
  expect(api.complete).toHaveBeenCalledTimes(3);
  expect(mark.isPlacing()).toBe(true);

  api.cart.mockResolvedValue(cart({ completed_at: "2026-01-01" }));
  api.updateCart.mockRejectedValue(new FetchError("Cart cart_1 is already completed.", "", 400));
  api.complete.mockResolvedValue(done);
  expect(await place()).toEqual({ kind: "placed", orderId: "order_1" });
});

it("does not call an unanswered order unplaced when the next attempt fails early", async () => {
  const { api, mark, place } = setup();
  mark.placing();
  api.cart.mockRejectedValue(lost);
  expect((await place()).kind).toBe("unknown");
  expect(mark.isPlacing()).toBe(true);
});

it("starts over when the lost attempt has ordered nothing", async () => {
  const { api, place } = setup();
  api.complete.mockRejectedValueOnce(lost).mockRejectedValueOnce(lost).mockRejectedValueOnce(lost);
  expect((await place()).kind).toBe("unknown");
  expect(await place()).toEqual({ kind: "placed", orderId: "order_1" });
  expect(api.updateCart).toHaveBeenCalledTimes(2);
});

it("passes on the refusal of the order", async () => {
  const { api, mark, place } = setup();
  api.complete.mockRejectedValue(
    new FetchError("Some variant does not have the required inventory", "", 400),
  );
  expect(await place()).toMatchObject({ kind: "refused", message: expect.stringMatching(/not enough/) });
  expect(api.complete).toHaveBeenCalledTimes(1);
  expect(mark.isPlacing()).toBe(false);

  api.complete.mockResolvedValue({ type: "cart", error: { message: "Payment failed" } } as never);
  expect(await place()).toEqual({ kind: "refused", message: "Payment failed" });
});
