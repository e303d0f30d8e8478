// A customer browses, buys and looks the order up; then the owner finds it in Medusa's own administration.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fillMedusaAddress, fillMedusaCheckout } from "./customer.mjs";
import { address, checkAccess, openBrowser, picture, picturesLoaded, shopflow, watchErrors } from "./shop.mjs";

const store = "browser";
let browser;
let orderNumber;

before(async () => {
  await shopflow("store", "create", store, "--engine", "medusa", "--display-name", "Fern & Flint", "--wait");
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await shopflow("store", "delete", store, "--yes", "--wait");
});

test("a customer buys, pay on delivery", { timeout: 180_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const errors = watchErrors(page);
  await page.goto(address(store));
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("link", { name: /linen apron/i }).first().waitFor();
  assert.match(await page.title(), /Fern & Flint/);
  await picturesLoaded(page);
  await checkAccess(page, "the first page");
  await picture(page, "shop-home");

  await page.getByRole("link", { name: /linen apron/i }).first().click();
  await page.getByRole("heading", { level: 1, name: /linen apron/i }).waitFor();
  // The page automatically chooses a variant that is in stock, so any choice will do.
  await page.getByRole("radio").last().check({ force: true });
  await picturesLoaded(page);
  await checkAccess(page, "the product page");
  await picture(page, "shop-product");
  await page.getByRole("button", { name: /add to cart/i }).click();
  await page.getByRole("link", { name: "Cart, 1 item" }).click();

  await page.getByRole("heading", { level: 1, name: "Your cart" }).waitFor();
  await checkAccess(page, "the cart");
  await picture(page, "shop-cart");
  await page.getByRole("link", { name: /checkout/i }).click();

  await fillMedusaCheckout(page);
  await checkAccess(page, "the checkout");
  await picture(page, "shop-checkout");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/\/orders\//);
  const heading = await page.getByRole("heading", { level: 1 }).innerText();
  orderNumber = heading.match(/\d+/)?.[0];
  assert.equal(orderNumber, "1", `the first order's number in ${heading}`);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: /1/ }).waitFor();
  await checkAccess(page, "the confirmation");
  await picture(page, "shop-order");
  assert.deepEqual(errors, []);
  await page.close();
});

test("the shop opens in its default region, whatever the order of the regions", { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    const read = Response.prototype.json;
    Response.prototype.json = async function () {
      const body = await read.call(this);
      body?.regions?.reverse();
      return body;
    };
  });
  await page.goto(address(store));
  await page.getByRole("link", { name: /linen apron/i }).first().waitFor();
  assert.equal(await page.getByLabel("Deliver to").locator("option:checked").innerText(), "United States (USD)");
  await page.close();
});

test("a click on Place order is kept while delivery methods load", { timeout: 120_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  await page.goto(`${address(store)}/products/stoneware-mug`);
  await page.getByRole("button", { name: /add to cart/i }).click();
  await page.getByRole("link", { name: "Cart, 1 item" }).click();
  let gate = hold();
  await page.route("**/store/shipping-options*", async (route) => {
    await gate.opened;
    await route.continue();
  });
  await page.getByRole("link", { name: /checkout/i }).click();
  await fillMedusaAddress(page);
  const waiting = page.getByRole("button", { name: "Waiting for delivery methods…" });

  // The customer has not seen the price of the delivery yet, so the shop asks once more.
  await page.getByRole("button", { name: "Place order" }).click();
  assert.equal(await waiting.getAttribute("aria-disabled"), "true");
  await page.getByRole("status").filter({ hasText: "Waiting for delivery methods" }).waitFor();
  await checkAccess(page, "the checkout that waits");
  await picture(page, "shop-checkout-waiting");
  gate.open();
  await page.getByRole("alert").filter({ hasText: "The total is now $30.00" }).waitFor();
  assert.ok(await page.getByRole("radio", { name: /standard/i }).isChecked(), "the cheapest method is chosen");

  // To another place for the same price: one click is enough, although the methods are looked up again.
  gate = hold();
  await page.getByLabel("ZIP code").fill("62702");
  await page.getByRole("button", { name: "Place order" }).click();
  await waiting.waitFor();
  gate.open();
  await page.waitForURL(/\/orders\//);
  await page.close();
});

test("a click on Place order says what is missing when no delivery method can be loaded", { timeout: 120_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce" });
  await page.goto(`${address(store)}/products/stoneware-mug`);
  await page.getByRole("button", { name: /add to cart/i }).click();
  await page.getByRole("link", { name: "Cart, 1 item" }).click();
  await page.route("**/store/shipping-options*", (route) => route.abort());
  await page.getByRole("link", { name: /checkout/i }).click();
  await fillMedusaAddress(page);
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByRole("alert").filter({ hasText: "could not reach the shop" }).waitFor();
  await page.unroute("**/store/shipping-options*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("radio", { name: /standard/i }).waitFor();
  await page.getByRole("button", { name: "Place order" }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0, "the error is gone with its cause");
  await page.close();
});

/** Something that others wait for until it is opened. */
function hold() {
  const gate = {};
  gate.opened = new Promise((resolve) => {
    gate.open = resolve;
  });
  return gate;
}

test("the customer looks the order up on a phone", { timeout: 60_000 }, async () => {
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await page.goto(address(store));
  await page.getByRole("link", { name: /linen apron/i }).first().waitFor();
  await picturesLoaded(page);
  await checkAccess(page, "the first page on a phone, dark");
  await picture(page, "shop-home-phone-dark");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.equal(wide, false, "the page is wider than the phone");
  await page.goto(`${address(store)}/lookup`);
  await page.getByLabel(/order number/i).fill("1");
  await page.getByLabel("Email").fill("robin@example.com");
  await page.getByRole("button", { name: /find|look/i }).click();
  await page.waitForURL(/\/orders\//);
  await page.close();
});

test("the owner finds the order in the administration", { timeout: 180_000 }, async () => {
  const login = await shopflow("store", "credentials", store);
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  await page.goto(`${address(store)}/app`);
  await page.getByPlaceholder("Email").fill(login.email);
  await page.getByPlaceholder("Password").fill(login.password);
  await page.getByRole("button", { name: /continue/i }).click();
  await page.waitForURL(/\/app\/(orders|.*)/);
  await page.getByRole("link", { name: "Orders" }).first().waitFor();
  await page.goto(`${address(store)}/app/orders`);
  await page.getByText(`#${orderNumber}`, { exact: true }).first().waitFor();
  await picture(page, "admin-orders");
  await page.getByText(`#${orderNumber}`, { exact: true }).first().click();
  await page.getByText("robin@example.com").first().waitFor();
  await picture(page, "admin-order");
  await page.close();
});
