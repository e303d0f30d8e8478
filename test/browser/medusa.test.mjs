// A customer browses, buys and looks the order up; then the owner finds it in Medusa's own administration.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fillMedusaCheckout } from "./customer.mjs";
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
  await shopflow("store", "delete", store, "--wait");
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
  await page.getByLabel(/e-mail/i).fill("robin@example.com");
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
