import { FetchError } from "@medusajs/js-sdk";
import type { Api, Cart } from "../lib/api";
import { describeFailure } from "../lib/failure";
import { hasMethod } from "./delivery";
import { type Details, tidy, toAddress } from "./details";

export const payOnDelivery = "pp_system_default";

/** How an attempt to order ended. */
export type Outcome =
  | { kind: "placed"; orderId: string }
  /** Nothing was ordered; the message says why. */
  | { kind: "refused"; message: string }
  /** Nothing was ordered: the total differs from the one that the shopper saw. */
  | { kind: "changed"; cart: Cart }
  /** No answer to the order itself: it may have been placed. Trying again is safe. */
  | { kind: "unknown"; message: string };

export interface Attempt {
  cart: Cart;
  details: Details;
  optionId: string;
  /** The total that the shopper agreed to, in major units. */
  agreedTotal: number;
}

/** Records, beyond this page, that an order is in progress. */
export interface PlacingMark {
  isPlacing(): boolean;
  placing(): void;
  notPlaced(): void;
}

type OrderApi = Pick<Api, "cart" | "updateCart" | "chooseShipping" | "startPayment" | "complete">;

/** Delays before an unanswered order is checked again, in milliseconds. */
const retryDelaysMs = [1000, 3000];
/** Totals closer than this are the same; no currency has a smaller coin. */
const smallestCoin = 0.0005;
const noAnswer =
  "We did not get an answer to your order, so we cannot say yet whether it was placed. Please check your " +
  "connection and place the order again: you will not be charged or sent anything twice.";

/**
 * Orders a cart. A cart becomes one order at most, however often it is completed, so an attempt without an
 * answer is repeated here and can be repeated by the shopper.
 */
export async function placeOrder(
  api: OrderApi,
  mark: PlacingMark,
  attempt: Attempt,
  wait: (milliseconds: number) => Promise<void> = pause,
): Promise<Outcome> {
  const id = attempt.cart.id;
  const unsure = mark.isPlacing();
  try {
    // After a lost answer the cart may already be an order, which refuses other changes.
    if (unsure && (await api.cart(id)).completed_at) return await complete(api, mark, id, wait);
    const cart = await prepare(api, attempt);
    if (Math.abs(cart.total - attempt.agreedTotal) >= smallestCoin) return { kind: "changed", cart };
    await api.startPayment(cart, payOnDelivery);
  } catch (error) {
    if (unsure && !isFinal(error)) return { kind: "unknown", message: noAnswer };
    return { kind: "refused", message: beforeOrdering(error) };
  }
  return complete(api, mark, id, wait);
}

/** Updates the cart on the server to what the shopper sees. */
async function prepare(api: OrderApi, { cart, details, optionId }: Attempt): Promise<Cart> {
  const address = toAddress(details);
  const updated = await api.updateCart(cart.id, {
    email: tidy(details).email,
    shipping_address: address,
    billing_address: address,
  });
  return hasMethod(updated, optionId) ? updated : api.chooseShipping(cart.id, optionId);
}

async function complete(
  api: OrderApi,
  mark: PlacingMark,
  cartId: string,
  wait: (milliseconds: number) => Promise<void>,
): Promise<Outcome> {
  mark.placing();
  for (const delay of [...retryDelaysMs, null]) {
    try {
      const done = await api.complete(cartId);
      mark.notPlaced();
      if (done.type === "order") return { kind: "placed", orderId: done.order.id };
      return { kind: "refused", message: done.error.message };
    } catch (error) {
      if (isFinal(error)) {
        mark.notPlaced();
        return { kind: "refused", message: describeFailure(error).message };
      }
      if (delay === null) break;
      await wait(delay);
    }
  }
  return { kind: "unknown", message: noAnswer };
}

/** Whether the server has refused the order. A conflict means that it is still processing it. */
function isFinal(error: unknown): boolean {
  if (error instanceof FetchError && error.status === 409) return false;
  const { kind } = describeFailure(error);
  return kind === "refused" || kind === "gone";
}

function beforeOrdering(error: unknown): string {
  const { kind, message } = describeFailure(error);
  if (kind === "gone") return "Your cart has expired. Please go back to the shop and start a new one.";
  if (kind === "refused") return message;
  return `${message} Your order has not been placed. Please try again.`;
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
