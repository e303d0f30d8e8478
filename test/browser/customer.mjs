// What a customer and an owner do in the shops of each engine.
import assert from "node:assert/strict";
import { picturesLoaded } from "./shop.mjs";

/** The ways through a shop by its engine: buy(page) begins on the storefront and returns the order's number, findOrder(page, login,
    number) begins on the first page of its administration. */
export const ways = {
  medusa: { buy: buyInMedusa, findOrder: findOrderInMedusa },
  woocommerce: { buy: buyInWooCommerce, findOrder: findOrderInWooCommerce },
};

async function buyInMedusa(page) {
  await page.getByRole("link", { name: /linen apron/i }).first().click();
  await page.getByRole("heading", { level: 1, name: /linen apron/i }).waitFor();
  await page.getByRole("radio").last().check({ force: true });
  await picturesLoaded(page);
  await page.getByRole("button", { name: /add to cart/i }).click();
  await page.getByRole("link", { name: "Cart, 1 item" }).click();
  await page.getByRole("link", { name: /checkout/i }).click();
  await fillMedusaCheckout(page);
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/\/orders\//);
  return "1";
}

async function findOrderInMedusa(page, login, number) {
  await page.getByPlaceholder("Email").fill(login.email);
  await page.getByPlaceholder("Password").fill(login.password);
  await page.getByRole("button", { name: /continue/i }).click();
  await page.getByRole("link", { name: "Orders" }).first().click();
  await page.getByText(`#${number}`, { exact: true }).first().waitFor();
}

async function buyInWooCommerce(page) {
  const shop = new URL(page.url()).origin;
  await page.getByRole("link", { name: /linen apron/i }).first().click();
  await page.getByRole("heading", { level: 1, name: /linen apron/i }).waitFor();
  await page.getByLabel("Size").selectOption({ index: 1 });
  await page.getByText(/in stock/i).first().waitFor();
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  await page.getByLabel("1 in the cart").waitFor();
  await page.goto(`${shop}/checkout/`);
  await fillWooCommerceCheckout(page);
  await page.getByRole("button", { name: /place order/i }).click();
  await page.waitForURL(/\/order-received\//);
  const number = page.url().match(/order-received\/(\d+)/)?.[1];
  assert.ok(number, `an order number in ${page.url()}`);
  return number;
}

async function findOrderInWooCommerce(page, login, number) {
  // The form's script moves the focus when it has loaded.
  await page.waitForLoadState("load");
  await page.getByLabel(/username or email/i).fill(login.email);
  await page.getByLabel("Password", { exact: true }).fill(login.password);
  await page.getByRole("button", { name: "Log In" }).click();
  await page.waitForURL(/\/wp-admin\//);
  await page.goto(`${new URL(page.url()).origin}/wp-admin/admin.php?page=wc-orders`);
  await page.getByRole("link", { name: new RegExp(`#${number} Robin Customer`) }).waitFor();
}

/** Fills in the whole form and waits for the delivery methods, which the shop looks up once the address is there. */
export async function fillMedusaCheckout(page) {
  await fillMedusaAddress(page);
  await page.getByRole("radio", { name: /standard/i }).check({ force: true });
  // The shop asks again when the total changes under the customer's hand, so wait until it includes the delivery.
  await page.getByRole("region", { name: "Order summary" }).getByText("$6.00", { exact: true }).waitFor();
}

/** Fills in contact and address. */
export async function fillMedusaAddress(page) {
  await page.getByRole("heading", { level: 1, name: "Checkout" }).waitFor();
  await page.getByLabel("Email").fill("robin@example.com");
  await page.getByLabel("Country").selectOption({ label: "United States" });
  await page.getByLabel("First name").fill("Robin");
  await page.getByLabel("Last name").fill("Customer");
  await page.getByLabel("Address", { exact: true }).fill("1 Main Street");
  await page.getByLabel("City").fill("Springfield");
  await fillState(page);
  await page.getByLabel("ZIP code").fill("62701");
}

/** The state is a list for some countries and text for others. */
async function fillState(page) {
  const state = page.getByLabel("State");
  if ((await state.evaluate((element) => element.tagName)) === "SELECT") await state.selectOption("IL");
  else await state.fill("IL");
}

/** Fills in the form; the shop asks for the delivery's price as the address grows. */
export async function fillWooCommerceCheckout(page) {
  await page.getByLabel(/email address/i).fill("robin@example.com");
  await page.getByLabel("First name").first().fill("Robin");
  await page.getByLabel("Last name").first().fill("Customer");
  await page.getByLabel("Address", { exact: true }).first().fill("1 Main Street");
  await page.getByLabel("City").first().fill("Springfield");
  await page.getByLabel("State").first().selectOption("IL");
  // The form sends the address automatically a moment after its last field, and takes no order until then.
  const sent = page.waitForResponse((response) => response.request().postData()?.includes("62701") ?? false);
  await page.getByLabel("ZIP Code").first().fill("62701");
  await page.getByLabel("ZIP Code").first().press("Tab");
  await sent;
  assert.ok(await page.getByRole("radio", { name: /standard/i }).isChecked(), "the cheapest delivery is chosen");
  await page.getByText("Cash on delivery").first().waitFor();
  await page.locator(".wc-block-components-totals-footer-item").getByText("$64.00").waitFor();
}
