// Somebody who has never seen a terminal: signs in, makes a store, watches it come alive, sells, finds the order, and takes it down.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { fillCheckout } from "./customer.mjs";
import { dashboard, inspect, makeUser, removeUser, signIn } from "./dashboard.mjs";
import { openBrowser, picturesLoaded, shopflow, watchErrors } from "./shop.mjs";

const name = `dash-${randomBytes(3).toString("hex")}`;
const size = { width: 1280, height: 900 };
let browser;
let merchant;
let admin;
let page;
let errors;

before(async () => {
  browser = await openBrowser();
  merchant = await makeUser("merchant", "Robin");
  admin = await makeUser("admin", "Kim");
  page = await browser.newPage({ reducedMotion: "reduce", viewport: size });
  errors = watchErrors(page);
});

after(async () => {
  await browser?.close();
  await shopflow("store", "delete", name, "--wait").catch(() => {});
  if (merchant) await removeUser(merchant);
  if (admin) await removeUser(admin);
});

test("the first page is small, strict and says who may come in", { timeout: 60_000 }, async () => {
  const answer = await page.goto(dashboard);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers()["cache-control"], "no-cache");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await inspect(page, "sign-in");
  await page.getByLabel("E-mail").fill(merchant.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  // The refusal itself is in the console, as it should be.
  errors.length = 0;
});

test("a newcomer signs in and finds the way to the first store", { timeout: 60_000 }, async () => {
  await signIn(page, merchant);
  await page.getByRole("heading", { level: 1, name: "Open your first store" }).waitFor();
  await inspect(page, "empty");
  const kilobytes = await page.evaluate(() => {
    const scripts = performance.getEntriesByType("resource").filter((entry) => new URL(entry.name).pathname.endsWith(".js"));
    return scripts.reduce((sum, entry) => sum + entry.encodedBodySize, 0) / 1000;
  });
  assert.ok(kilobytes > 50 && kilobytes <= 200, `the way in and the first page are ${kilobytes} kB of script`);
});

test("the merchant makes a store and watches it come alive, without a reload", { timeout: 240_000 }, async () => {
  await page.getByRole("link", { name: "New store" }).click();
  await page.getByRole("heading", { level: 1, name: "New store" }).waitFor();
  await page.getByRole("radio", { name: /medusa/i }).check({ force: true });
  await page.getByLabel("What is the shop called?").fill("Fern & Flint");
  const field = page.getByLabel("Name in its address");
  assert.equal(await field.inputValue(), "fern-flint", "the name follows the title");
  await field.fill("admin");
  await page.getByText(/reserved/).waitFor();
  await field.fill(name);
  await page.getByText(`${name}.shopflow.localhost`).waitFor();
  await inspect(page, "create");
  await page.evaluate(() => {
    globalThis.sinceTheClick = true;
  });
  await page.getByRole("button", { name: "Make the store" }).click();
  await page.waitForURL(`${dashboard}/stores/${name}`);
  await page.getByText("Provisioning", { exact: true }).first().waitFor();
  await page.getByRole("heading", { name: "How it is made" }).waitFor();
  await inspect(page, "provisioning");
  await page.getByRole("link", { name: "Open the storefront" }).waitFor({ timeout: 180_000 });
  await page.getByText("It sells").waitFor();
  assert.equal(await page.evaluate(() => globalThis.sinceTheClick), true, "the page was loaded again");
  const steps = await page.getByRole("list").filter({ hasText: "Sell something" }).getByRole("listitem").allInnerTexts();
  assert.equal(steps.length, 7);
  for (const step of steps) assert.match(step, /Done[\s\S]*\d (ms|s|min)/);
  await inspect(page, "ready");
});

test("a customer buys, and the owner finds the order with the shown password", { timeout: 180_000 }, async () => {
  const [shop] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Open the storefront" }).click(),
  ]);
  await shop.setViewportSize(size);
  await shop.getByRole("link", { name: /linen apron/i }).first().click();
  await shop.getByRole("heading", { level: 1, name: /linen apron/i }).waitFor();
  await shop.getByRole("radio").last().check({ force: true });
  await picturesLoaded(shop);
  await shop.getByRole("button", { name: /add to cart/i }).click();
  await shop.getByRole("link", { name: "Cart, 1 item" }).click();
  await shop.getByRole("link", { name: /checkout/i }).click();
  await fillCheckout(shop);
  await shop.getByRole("button", { name: "Place order" }).click();
  await shop.waitForURL(/\/orders\//);
  await shop.close();

  assert.equal(await page.getByText("Hidden").count(), 2, "password and key are hidden at first");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("button", { name: "Copy password" }).waitFor();
  const shown = (label) => page.getByRole("term").filter({ hasText: label }).locator("xpath=following-sibling::dd[1]").innerText();
  const login = { email: await shown("E-mail"), password: await shown("Password") };
  await page.getByRole("button", { name: "Hide" }).click();
  await page.getByRole("button", { name: "Show" }).waitFor();
  assert.equal(await page.getByText(login.password).count(), 0, "the password is gone when it is hidden");

  const [office] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Open the admin" }).click(),
  ]);
  await office.setViewportSize(size);
  await office.getByPlaceholder("Email").fill(login.email);
  await office.getByPlaceholder("Password").fill(login.password);
  await office.getByRole("button", { name: /continue/i }).click();
  await office.getByRole("link", { name: "Orders" }).first().click();
  await office.getByText("#1", { exact: true }).first().waitFor();
  await office.close();
});

test("logs, events and usage tell what goes on", { timeout: 120_000 }, async () => {
  await page.getByRole("link", { name: "Logs" }).click();
  await page.getByRole("log").locator("p").nth(3).waitFor();
  await inspect(page, "logs");
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByRole("list", { name: "Events" }).getByRole("listitem").nth(1).waitFor();
  await inspect(page, "events");
  await page.getByRole("link", { name: "Usage" }).click();
  await page.getByRole("meter", { name: /memory of/i }).first().waitFor({ timeout: 60_000 });
  await inspect(page, "usage");
});

test("a store that does not exist, and one of somebody else, look the same", { timeout: 60_000 }, async () => {
  const other = await browser.newContext({ reducedMotion: "reduce", viewport: size });
  const stranger = await makeUser("merchant", "Sam");
  try {
    const theirs = await other.newPage();
    await signIn(theirs, stranger);
    for (const guess of [name, "no-such-store"]) {
      await theirs.goto(`${dashboard}/stores/${guess}`);
      await theirs.getByRole("heading", { name: "There is no such store" }).waitFor();
    }
  } finally {
    await other.close();
    await removeUser(stranger);
  }
});

test("account and tokens", { timeout: 60_000 }, async () => {
  await page.goto(`${dashboard}/account`);
  await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  await inspect(page, "account");
  await page.goto(`${dashboard}/tokens`);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("What is it for?").fill("Laptop");
  await page.getByRole("button", { name: "Make the token" }).click();
  await page.getByText(/^sft_/).waitFor();
  await page.getByRole("button", { name: "I have it" }).click();
  assert.equal(await page.getByText(/^sft_/).count(), 0);
  await inspect(page, "tokens");
  await page.getByRole("button", { name: "Revoke Laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
});

test("an administrator sees users, stores, room and what was done", { timeout: 90_000 }, async () => {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: size });
  const desk = await context.newPage();
  await signIn(desk, admin);
  await desk.getByRole("link", { name: "Platform" }).click();
  await desk.getByRole("meter").first().waitFor();
  await inspect(desk, "capacity");
  await desk.getByRole("link", { name: "All stores" }).click();
  await desk.getByText(merchant.email).first().waitFor();
  await inspect(desk, "all-stores");
  await desk.getByRole("link", { name: "Users" }).click();
  await desk.getByText(merchant.email).first().waitFor();
  await inspect(desk, "users");
  await desk.getByRole("link", { name: "Audit" }).click();
  await desk.getByText("store.credentials").first().waitFor();
  await inspect(desk, "audit");
  await context.close();
});

test("the store is deleted, with a receipt", { timeout: 180_000 }, async () => {
  await page.goto(`${dashboard}/stores/${name}/settings`);
  await page.getByRole("button", { name: "Delete this store" }).click();
  const dialog = page.getByRole("alertdialog");
  assert.equal(await dialog.getByRole("button", { name: "Delete for good" }).isDisabled(), true);
  await dialog.getByLabel(`Type ${name} to confirm`).fill(name);
  await inspect(page, "delete");
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("This store is being deleted").waitFor();
  await page.getByText("Nothing is left").waitFor({ timeout: 150_000 });
  assert.equal(await page.getByText("0 left", { exact: true }).count(), 7);
  await inspect(page, "receipt");
  await page.getByRole("link", { name: "Back to your stores" }).click();
  await page.getByRole("heading", { level: 1, name: "Open your first store" }).waitFor();
  assert.deepEqual(errors, []);
});
