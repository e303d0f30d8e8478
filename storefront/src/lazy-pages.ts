import { lazy } from "react";

// The way to the checkout is short and the first page is not on it: its script is fetched when the cart is seen.
const checkout = () => import("./checkout/checkout-page");
const order = () => import("./order/order-page");
const lookup = () => import("./order/lookup-page");

export const CheckoutPage = lazy(async () => ({ default: (await checkout()).CheckoutPage }));
export const OrderPage = lazy(async () => ({ default: (await order()).OrderPage }));
export const LookupPage = lazy(async () => ({ default: (await lookup()).LookupPage }));

/** Fetches the checkout's script ahead of its use. A failure shows when the page is opened. */
export function preloadCheckout(): void {
  checkout().catch(() => undefined);
}

/** The same for the page that follows the checkout, so that it still opens when the connection goes. */
export function preloadOrder(): void {
  order().catch(() => undefined);
}
