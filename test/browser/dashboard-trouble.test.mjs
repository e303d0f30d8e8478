// The dashboard while something is wrong: the server restarts, the controller is down, or the page itself is old.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { kube, restart, scale } from "./cluster.mjs";
import { dashboard, inspect, createUser, openSignedIn, removeUser } from "./dashboard.mjs";
import { openBrowser, shopflow } from "./shop.mjs";

const name = `trouble-${randomBytes(3).toString("hex")}`;
let browser;
let merchant;

before(async () => {
  browser = await openBrowser();
  merchant = await createUser("merchant", "Robin");
});

after(async () => {
  await browser?.close();
  await scale("shopflow-controller", 1);
  await shopflow("store", "delete", name, "--yes", "--wait").catch(() => {});
  if (merchant) await removeUser(merchant);
});

test("a page that is older than the server offers the new version", { timeout: 60_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  // What an update does to a page from before it: its parts are not there any more.
  await page.route("**/assets/tokens-page-*.js", (route) => route.fulfill({ status: 404, body: "" }));
  await page.getByRole("button", { name: /Robin/ }).click();
  await page.getByRole("menuitem", { name: "API tokens" }).click();
  await page.getByText("ShopFlow has been updated").first().waitFor();
  await page.unroute("**/assets/tokens-page-*.js");
  await page.getByRole("button", { name: "Reload" }).first().click();
  await page.getByRole("heading", { level: 1, name: "API tokens" }).waitFor();
});

test("a store is made while the server restarts, in two tabs, and no change is lost", { timeout: 240_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  const second = await page.context().newPage();
  await second.goto(dashboard);
  await page.goto(`${dashboard}/new`);
  await page.getByLabel("Shop name").fill("Trouble");
  await page.getByLabel("Name in the address").fill(name);
  await page.getByRole("radio", { name: /medusa/i }).check({ force: true });
  await page.getByRole("button", { name: "Create store" }).click();
  await page.waitForURL(/\/stores\//);
  await restart("shopflow-server");
  await second.bringToFront();
  await second.getByRole("list", { name: "Stores" }).getByText("Ready", { exact: true }).waitFor({ timeout: 180_000 });
  await page.bringToFront();
  await page.getByText("It sells").waitFor({ timeout: 30_000 });
});

test("a controller that is down is named", { timeout: 180_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  await scale("shopflow-controller", 0);
  await page.goto(`${dashboard}/stores/${name}/settings`);
  await page.getByRole("button", { name: "Delete this store" }).click();
  await page.getByLabel(`Type ${name} to confirm`).fill(name);
  await page.getByRole("button", { name: "Delete permanently" }).click();
  await page.getByText("controller is not running").waitFor({ timeout: 90_000 });
  await inspect(page, "controller-down");
  await scale("shopflow-controller", 1);
  await page.getByText("Nothing is left", { exact: true }).waitFor({ timeout: 90_000 });
});

test("signed-in people stay signed in when the database of accounts restarts", { timeout: 180_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  await kube("DELETE", "/api/v1/namespaces/shopflow-system/pods/shopflow-database-0");
  const tokens = page.getByRole("heading", { level: 1, name: "API tokens" });
  const again = page.getByRole("button", { name: "Try again" });
  await page.goto(`${dashboard}/tokens`);
  // While the session cannot be read, the page says so and offers to retry; it does not redirect to the sign-in page.
  for (let tries = 0; tries < 60; tries += 1) {
    await tokens.or(again).first().waitFor({ timeout: 30_000 });
    if (await tokens.isVisible()) break;
    await again.first().click();
    await page.waitForTimeout(500);
  }
  await tokens.waitFor({ timeout: 1_000 });
  assert.equal(new URL(page.url()).pathname, "/tokens");
});

test("keys alone lead everywhere", { timeout: 60_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  const seen = new Set();
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press("Tab");
    seen.add(await focused());
  }
  for (const want of ["Stores", "New store"]) assert.ok(seen.has(want), `${want} is out of reach of the Tab key: ${[...seen]}`);
  await page.getByRole("button", { name: /Robin/ }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/(account|tokens)$/);
});
