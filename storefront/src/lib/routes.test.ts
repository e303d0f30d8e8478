import { expect, it } from "vitest";
import { matchRoute, orderPath, productPath } from "./routes";

it.each([
  ["/", { page: "home" }],
  ["/cart", { page: "cart" }],
  ["/cart/", { page: "cart" }],
  ["/checkout", { page: "checkout" }],
  ["/lookup", { page: "lookup" }],
  ["/products/stoneware-mug", { page: "product", handle: "stoneware-mug" }],
  [productPath("a b/c"), { page: "product", handle: "a b/c" }],
  [orderPath("order_01"), { page: "order", id: "order_01" }],
  ["/products", { page: "missing" }],
  ["/products/a/b", { page: "missing" }],
  ["/products/%E0%A4%A", { page: "missing" }],
  ["/nowhere", { page: "missing" }],
])("%s", (path, want) => {
  expect(matchRoute(path)).toEqual(want);
});
