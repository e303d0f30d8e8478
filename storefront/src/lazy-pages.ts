import { lazy } from "react";
import type { Route } from "./lib/routes";

// The first page needs none of these scripts. Each is fetched when the page before it is shown, or at the latest when it opens.
const checkout = () => import("./checkout/checkout-page");
const order = () => import("./order/order-page");
const lookup = () => import("./order/lookup-page");

export const CheckoutPage = lazy(async () => ({ default: (await checkout()).CheckoutPage }));
export const OrderPage = lazy(async () => ({ default: (await order()).OrderPage }));
export const LookupPage = lazy(async () => ({ default: (await lookup()).LookupPage }));

/** The script that most shoppers need after a page. The order's opens even when the connection drops after ordering. */
const next: Partial<Record<Route["page"], () => Promise<unknown>>> = { cart: checkout, checkout: order };

/** Fetches the script of the page that usually follows. A failure shows when that page is opened. */
export function preloadAfter(page: Route["page"]): void {
  next[page]?.().catch(() => undefined);
}
