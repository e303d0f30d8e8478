import type { Cart, ShippingOption } from "../lib/api";
import { describeFailure } from "../lib/failure";
import type { Loaded } from "../lib/resource";

/** Whether the cart's delivery method is settled, so that an order can be placed. */
export type Delivery =
  | { kind: "ready"; optionId: string }
  /** Methods are loading, or a choice is being saved. Needs no action. */
  | { kind: "waiting" }
  /** The shopper has to act first; the message says why. */
  | { kind: "blocked"; message: string };

export interface DeliveryState {
  options: Loaded<ShippingOption[]>;
  /** The method on the cart. */
  optionId: string | null;
  /** True while a choice is being saved. */
  choosing: boolean;
  /** Why the last choice failed. Irrelevant while the cart has another method that is offered. */
  problem: string | undefined;
}

export const noDelivery = "We do not deliver to this address yet. Please try another.";

export function deliveryOf({ options, optionId, choosing, problem }: DeliveryState): Delivery {
  if (options.status === "loading" || choosing) return { kind: "waiting" };
  if (options.status === "error") return { kind: "blocked", message: describeFailure(options.error).message };
  if (options.value.length === 0) return { kind: "blocked", message: noDelivery };
  const onCart = options.value.find((option) => option.id === optionId);
  if (onCart) return { kind: "ready", optionId: onCart.id };
  if (problem !== undefined) return { kind: "blocked", message: problem };
  // The cheapest method is about to be chosen.
  return { kind: "waiting" };
}

/** The price of a delivery method in major units; null when the store calculates it after the choice. */
export function deliveryPrice(option: ShippingOption): number | null {
  return option.amount ?? option.calculated_price?.calculated_amount ?? null;
}

/** The cheapest method first, as shoppers expect; methods without a price last, equal prices by name. */
export function sortByPrice(options: readonly ShippingOption[]): ShippingOption[] {
  const price = (option: ShippingOption) => deliveryPrice(option) ?? Number.POSITIVE_INFINITY;
  return [...options].sort((a, b) => {
    const [x, y] = [price(a), price(b)];
    return x === y ? a.name.localeCompare(b.name) : x - y;
  });
}

export const hasMethod = (cart: Cart, optionId: string): boolean =>
  (cart.shipping_methods ?? []).some((method) => method.shipping_option_id === optionId);
