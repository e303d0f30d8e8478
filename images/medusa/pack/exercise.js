// Uses a running store as shoppers and owners do, so that every file and function that they need is loaded once:
//   node exercise.js BASE_URL PUBLISHABLE_KEY ADMIN_EMAIL ADMIN_PASSWORD MACHINE_TOKEN
"use strict";

const [base, publishableKey, email, password, machineToken] = process.argv.slice(2);
const shopper = "proof-of-sale@shopflow.invalid";
const checker = "check-of-sale@shopflow.invalid";
const address = {
  first_name: "Ada",
  last_name: "Lovelace",
  address_1: "1 Main Street",
  city: "Portland",
  country_code: "us",
  province: "OR",
  postal_code: "97201",
  phone: "5035550100",
};

async function call(method, path, { body, headers, expect = 200 } = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { "content-type": "application/json", "x-publishable-api-key": publishableKey, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (response.status !== expect) {
    throw new Error(`${method} ${path}: ${response.status} instead of ${expect}: ${text.slice(0, 300)}`);
  }
  return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

async function order() {
  const { regions } = await call("GET", "/store/regions");
  const region = regions.find(({ currency_code }) => currency_code === "usd");
  await call("GET", "/store/product-categories");
  await call("GET", "/store/collections");
  const fields = "id,title,subtitle,description,handle,thumbnail,material,*images,*options,*options.values,*variants,*variants.options,*variants.calculated_price,%2Bvariants.inventory_quantity";
  const { products } = await call("GET", `/store/products?limit=12&region_id=${region.id}&fields=${fields}`);
  await call("GET", `/store/products?handle=${products[0].handle}&region_id=${region.id}&fields=${fields}`);
  const variant = products[0].variants[0];
  let { cart } = await call("POST", "/store/carts", { body: { region_id: region.id } });
  await call("POST", `/store/carts/${cart.id}/line-items`, { body: { variant_id: variant.id, quantity: 1 } });
  ({ cart } = await call("GET", `/store/carts/${cart.id}`));
  await call("POST", `/store/carts/${cart.id}/line-items/${cart.items[0].id}`, { body: { quantity: 2 } });
  await call("POST", `/store/carts/${cart.id}`, { body: { email: shopper, shipping_address: address, billing_address: address } });
  return show(await finish(cart.id));
}

// The short form, with everything in the first call.
async function quickOrder(email, headers) {
  const { regions } = await call("GET", "/store/regions");
  const region = regions.find(({ currency_code }) => currency_code === "usd");
  const { products } = await call("GET", `/store/products?limit=4&region_id=${region.id}&fields=id,*variants.calculated_price,%2Bvariants.inventory_quantity`);
  const { cart } = await call("POST", "/store/carts", {
    headers,
    body: {
      region_id: region.id,
      email,
      shipping_address: address,
      billing_address: address,
      items: [{ variant_id: products[0].variants[0].id, quantity: 1 }],
    },
  });
  return finish(cart.id, headers);
}

async function finish(cart, headers) {
  const { shipping_options } = await call("GET", `/store/shipping-options?cart_id=${cart}`, { headers });
  await call("POST", `/store/carts/${cart}/shipping-methods`, { headers, body: { option_id: shipping_options[0].id } });
  const { payment_collection } = await call("POST", "/store/payment-collections", { headers, body: { cart_id: cart } });
  const sessions = `/store/payment-collections/${payment_collection.id}/payment-sessions`;
  await call("POST", sessions, { headers, body: { provider_id: "pp_system_default" } });
  const { type, order } = await call("POST", `/store/carts/${cart}/complete`, { headers });
  if (type !== "order") {
    throw new Error(`cart ${cart} did not become an order`);
  }
  return order;
}

async function show(order) {
  await call("GET", `/store/orders/${order.id}`);
  await call("GET", `/store/order-lookup?number=${order.display_id}&email=${encodeURIComponent(shopper)}`);
  return order;
}

// Buys as the platform does beside customers. Nothing of it stays, and it has no number of theirs.
async function check() {
  const headers = { "shopflow-machine": machineToken };
  const order = await quickOrder(checker, headers);
  const { number } = await call("GET", `/shopflow/check/orders/${order.id}`, { headers });
  const removed = await call("DELETE", "/shopflow/check/orders", { headers });
  if (number !== "-1" || removed.orders !== 1 || removed.carts !== 1) {
    throw new Error(`the check had number ${number}, and ${JSON.stringify(removed)} was removed`);
  }
  await call("GET", `/shopflow/check/orders/${order.id}`, { headers, expect: 404 });
  await call("DELETE", "/shopflow/check/orders", { expect: 401 });
  await call("PUT", "/shopflow/title", { headers, body: { title: "" }, expect: 400 });
}

async function main() {
  await call("GET", "/readyz");
  await call("GET", "/", { headers: { accept: "text/html" } });
  await call("GET", "/app");
  const orders = [await order()];
  await check();
  orders.push(await show(await quickOrder(shopper)));
  if (orders[1].display_id !== orders[0].display_id + 1) {
    throw new Error(`the check took a number: order ${orders[1].display_id} follows ${orders[0].display_id}`);
  }
  await call("POST", "/auth/user/emailpass", { body: { email, password: "wrong" }, expect: 401 });
  const { token } = await call("POST", "/auth/user/emailpass", { body: { email, password } });
  const headers = { authorization: `Bearer ${token}` };
  await call("POST", "/auth/session", { headers });
  for (const path of ["users/me", "orders", `orders/${orders[0].id}`, "products", "customers", "regions", "stores", "inventory-items", "reservations", "product-categories", "collections", "price-lists", "promotions", "sales-channels", "stock-locations", "shipping-profiles", "tax-regions", "api-keys", "users", "notifications", "feature-flags", "uploads"]) {
    if (path !== "uploads") await call("GET", `/admin/${path}`, { headers });
  }
  const removed = await call("DELETE", "/admin/shopflow/proof-orders", { headers });
  if (removed.orders !== orders.length) {
    throw new Error(`proof-orders removed ${removed.orders} orders instead of ${orders.length}`);
  }
  console.log(`exercised: ${orders.length} orders, removed ${JSON.stringify(removed)}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
