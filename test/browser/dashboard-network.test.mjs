// The dashboard on a network that is slow, goes away, or was not there while the machine slept.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { dashboard, inspect, createUser, openSignedIn, removeUser } from "./dashboard.mjs";
import { openBrowser, shopflow } from "./shop.mjs";

const name = `network-${randomBytes(3).toString("hex")}`;
let browser;
let merchant;

before(async () => {
  browser = await openBrowser();
  merchant = await createUser("merchant", "Robin");
});

after(async () => {
  await browser?.close();
  await shopflow("store", "delete", name, "--yes", "--wait").catch(() => {});
  if (merchant) await removeUser(merchant);
});

test("on a slow network one store is created, however often the person clicks", { timeout: 180_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  const network = await page.context().newCDPSession(page);
  // What Chromium's own tools call slow 3G.
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 400,
    downloadThroughput: 50_000,
    uploadThroughput: 50_000,
  });
  let asked = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url() === `${dashboard}/api/v1/stores`) asked += 1;
  });
  await page.goto(`${dashboard}/new`);
  await page.getByRole("radio", { name: /medusa/i }).check({ force: true });
  await page.getByLabel("Shop name").fill("Far Away");
  await page.getByLabel("Name in the address").fill(name);
  await page.getByText(`${name}.shopflow.localhost`).waitFor();
  await page.getByRole("button", { name: "Create store" }).dblclick();
  await page.waitForURL(`${dashboard}/stores/${name}`);
  await page.getByText("It sells").waitFor({ timeout: 120_000 });
  assert.equal(asked, 1, "requests to create the store");
});

test("a lost network is told, and made up for", { timeout: 90_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  const lost = page.getByText("Reconnecting to ShopFlow");
  await page.route("**/api/v1/events", (route) => route.abort());
  await page.goto(`${dashboard}/stores/${name}`);
  await lost.waitFor({ timeout: 20_000 });
  await inspect(page, "reconnecting");
  await page.unroute("**/api/v1/events");
  await lost.waitFor({ state: "detached", timeout: 30_000 });
});


test("a tab that slept for ten minutes shows what happened meanwhile", { timeout: 180_000 }, async (t) => {
  const page = await openSignedIn(t, browser, merchant);
  await page.clock.install();
  await page.goto(dashboard);
  const list = page.getByRole("list", { name: "Stores" });
  await list.getByText("Ready", { exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.clock.fastForward("10:00");
  await shopflow("store", "delete", name, "--yes", "--wait");
  await page.context().setOffline(false);
  await page.clock.fastForward("01:00");
  await page.getByRole("heading", { level: 1, name: "Open your first store" }).waitFor({ timeout: 60_000 });
});
