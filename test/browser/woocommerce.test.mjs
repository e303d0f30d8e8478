// A customer browses and buys in a WooCommerce shop; then the owner finds the order in WordPress and completes it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fillWooCommerceCheckout } from "./customer.mjs";
import { address, checkAccess, openBrowser, picture, picturesLoaded, shopflow, watchErrors } from "./shop.mjs";

const store = "browser-woo";
const { items: engines } = await shopflow("engine", "list");
const engine = engines.find(({ name }) => name === "woocommerce");
const skip = engine.available ? false : `engine woocommerce is not available here: ${engine.reason}`;
let browser;
let orderNumber;

before(async () => {
  if (skip) return;
  await shopflow("store", "create", store, "--engine", "woocommerce", "--display-name", "Fern & Flint", "--wait");
  browser = await openBrowser();
});

after(async () => {
  if (skip) return;
  await browser?.close();
  await shopflow("store", "delete", store, "--yes", "--wait");
});

test("a customer buys in WooCommerce, pay on delivery", { skip, timeout: 180_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const errors = watchErrors(page);
  await page.goto(address(store));
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.match(await page.title(), /Fern & Flint/);
  await picturesLoaded(page);
  await checkAccess(page, "the first page");
  await picture(page, "woo-home");

  await page.getByRole("link", { name: /linen apron/i }).first().click();
  await page.getByRole("heading", { level: 1, name: /linen apron/i }).waitFor();
  await page.getByLabel("Size").selectOption({ index: 1 });
  await page.getByText(/in stock/i).first().waitFor();
  await picturesLoaded(page);
  await checkAccess(page, "the product page");
  await picture(page, "woo-product");
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  await page.getByLabel("1 in the cart").waitFor();

  await page.goto(`${address(store)}/cart/`);
  await page.getByRole("heading", { level: 1, name: "Cart" }).waitFor();
  const checkout = page.getByRole("link", { name: /proceed to checkout/i });
  await checkout.waitFor();
  await checkAccess(page, "the cart");
  await picture(page, "woo-cart");
  await checkout.click();

  await fillWooCommerceCheckout(page);
  // The block of WooCommerce writes autocomplete values that HTML does not know.
  await checkAccess(page, "the checkout", ["autocomplete-valid: #email"]);
  await picture(page, "woo-checkout");
  await page.getByRole("button", { name: /place order/i }).click();
  await page.waitForURL(/\/order-received\//);
  await page.getByText(/thank you/i).first().waitFor();
  orderNumber = page.url().match(/order-received\/(\d+)/)?.[1];
  assert.ok(orderNumber, `an order number in ${page.url()}`);
  await checkAccess(page, "the thank-you page");
  await picture(page, "woo-order");
  assert.deepEqual(errors, []);
  await page.close();
});

test("WooCommerce's first page fits a phone", { skip, timeout: 60_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 360, height: 740 } });
  for (const path of ["/", "/product/linen-apron/"]) {
    await page.goto(address(store) + path);
    await picturesLoaded(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false, `${path} is wider than the phone`);
  }
  await picture(page, "woo-product-phone");
  await page.close();
});

test("the owner completes the order in WordPress", { skip, timeout: 180_000 }, async () => {
  const login = await shopflow("store", "credentials", store);
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  await page.goto(login.adminUrl);
  await page.getByLabel(/username or email/i).fill(login.email);
  await page.getByLabel("Password", { exact: true }).fill(login.password);
  await page.getByRole("button", { name: "Log In" }).click();
  await page.waitForURL(/\/wp-admin\//);
  await page.goto(`${login.adminUrl}admin.php?page=wc-orders`);
  await page.getByRole("link", { name: new RegExp(`#${orderNumber} Robin Customer`) }).waitFor();
  await picture(page, "woo-admin-orders");
  await page.getByRole("link", { name: new RegExp(`#${orderNumber} Robin Customer`) }).click();
  await page.locator("#order_status").selectOption("wc-completed", { force: true });
  await page.locator("button.save_order").click();
  await page.getByText(/order updated/i).waitFor();
  assert.equal(await page.locator("#order_status").inputValue(), "wc-completed");
  await picture(page, "woo-admin-order");
  await page.close();
});
