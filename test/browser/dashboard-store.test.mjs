// A merchant who has never seen a terminal, once with each engine: creates a store, watches it start, sells, finds the order, and
// takes it down.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ways } from "./customer.mjs";
import { dashboard, inspect, createUser, removeUser, signIn } from "./dashboard.mjs";
import { openBrowser, shopflow, watchErrors } from "./shop.mjs";

const size = { width: 1280, height: 900 };
const { items: engines } = await shopflow("engine", "list");

for (const { name: engine, available, reason } of engines) {
  const skip = available ? false : `engine ${engine} is not available here: ${reason}`;
  describe(`a merchant with ${engine}`, { skip }, () => walk(engine, ways[engine]));
}

function walk(engine, way) {
  const name = `dash-${randomBytes(3).toString("hex")}`;
  const look = (page) => (engine === "medusa" ? page : `${page}-${engine}`);
  let browser;
  let merchant;
  let admin;
  let page;
  let errors;

  before(async () => {
    browser = await openBrowser();
    merchant = await createUser("merchant", "Robin");
    admin = await createUser("admin", "Kim");
    page = await browser.newPage({ reducedMotion: "reduce", viewport: size });
    await signIn(page, merchant);
    errors = watchErrors(page);
  });

  after(async () => {
    await browser?.close();
    await shopflow("store", "delete", name, "--yes", "--wait").catch(() => {});
    if (merchant) await removeUser(merchant);
    if (admin) await removeUser(admin);
  });

  test("the merchant creates a store and watches it start, without a reload", { timeout: 240_000 }, async (t) => {
    await page.getByRole("link", { name: "New store" }).click();
    await page.getByRole("heading", { level: 1, name: "New store" }).waitFor();
    await page.getByRole("radio", { name: new RegExp(engine, "i") }).check({ force: true });
    await page.getByLabel("Shop name").fill("Fern & Flint");
    const field = page.getByLabel("Name in the address");
    assert.equal(await field.inputValue(), "fern-flint", "the name follows the title");
    await field.fill("admin");
    await page.getByText(/reserved/).waitFor();
    await field.fill(name);
    await page.getByText(`${name}.shopflow.localhost`).waitFor();
    await inspect(page, look("create"));
    await page.evaluate(() => {
      globalThis.sinceTheClick = true;
    });
    const click = performance.now();
    await page.getByRole("button", { name: "Create store" }).click();
    await page.waitForURL(`${dashboard}/stores/${name}`);
    await page.getByText("Provisioning", { exact: true }).first().waitFor();
    await page.getByText(/^Waiting for/).first().waitFor();
    await inspect(page, look("provisioning"));
    await page.getByRole("link", { name: "Open storefront" }).waitFor({ timeout: 180_000 });
    await page.getByText("It sells").waitFor();
    t.diagnostic(`${engine}: Ready in the browser ${((performance.now() - click) / 1000).toFixed(1)} s after the click`);
    assert.equal(await page.evaluate(() => globalThis.sinceTheClick), true, "the page was loaded again");
    const steps = await page.getByRole("list").filter({ hasText: "Prove the sale" }).getByRole("listitem").allInnerTexts();
    assert.equal(steps.length, 7);
    for (const step of steps) assert.match(step, /Done[\s\S]*\d (ms|s|min)/);
    await inspect(page, look("ready"));
  });

  test("a customer buys, and the owner finds the order with the shown password", { timeout: 180_000 }, async () => {
    const [shop] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Open storefront" }).click(),
    ]);
    await shop.setViewportSize(size);
    const number = await way.buy(shop);
    await shop.close();

    assert.ok((await page.getByText("Hidden").count()) >= 1, "the password is hidden at first");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("button", { name: "Copy password" }).waitFor();
    const shown = (label) => page.getByRole("term").filter({ hasText: label }).locator("xpath=following-sibling::dd[1]").innerText();
    const login = { email: await shown("Email"), password: await shown("Password") };
    await page.getByRole("button", { name: "Hide" }).click();
    await page.getByRole("button", { name: "Show" }).waitFor();
    assert.equal(await page.getByText(login.password).count(), 0, "the password is gone when it is hidden");

    const [office] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Open admin" }).click(),
    ]);
    await office.setViewportSize(size);
    await way.findOrder(office, login, number);
    await office.close();
  });

  test("logs, events and usage show what happens", { timeout: 120_000 }, async () => {
    await page.getByRole("link", { name: "Logs" }).click();
    await page.getByRole("log").locator("p").nth(3).waitFor();
    await inspect(page, look("logs"));
    await page.getByRole("link", { name: "Events" }).click();
    await page.getByRole("list", { name: "Events" }).getByRole("listitem").nth(1).waitFor();
    await inspect(page, look("events"));
    await page.getByRole("link", { name: "Usage" }).click();
    await page.getByRole("meter", { name: /memory of/i }).first().waitFor({ timeout: 60_000 });
    await inspect(page, look("usage"));
  });

  test("the merchant gives the shop another title, and customers see it at once", { timeout: 120_000 }, async () => {
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Shop name").fill("Moss & Stone");
    await inspect(page, look("settings"));
    await page.getByRole("button", { name: "Change the title" }).click();
    await page.getByRole("heading", { level: 1, name: "Moss & Stone" }).waitFor();
    await page.getByText("The store is being changed").waitFor({ state: "detached" });
    const context = await browser.newContext({ viewport: size });
    const shop = await context.newPage();
    try {
      for (let seen = ""; !seen.includes("Moss & Stone"); seen = await shop.title()) {
        await shop.goto(`http://${name}.shopflow.localhost:${new URL(dashboard).port}/`);
        await shop.waitForLoadState("networkidle");
      }
    } finally {
      await context.close();
    }
  });

  test("the merchant takes a larger plan, and customers buy in it", { timeout: 240_000 }, async () => {
    await page.getByRole("radio", { name: /Medium/ }).check({ force: true });
    await page.getByRole("button", { name: "Change the plan" }).click();
    await page.getByText("Provisioning", { exact: true }).first().waitFor();
    await page.getByText("Ready", { exact: true }).first().waitFor({ timeout: 180_000 });
    assert.equal(await page.getByRole("button", { name: "Change the plan" }).isDisabled(), true, "the chosen plan is the store's");
    const context = await browser.newContext({ viewport: size });
    const shop = await context.newPage();
    try {
      await shop.goto(`http://${name}.shopflow.localhost:${new URL(dashboard).port}/`);
      await way.buy(shop);
    } finally {
      await context.close();
    }
  });

  test("a store that does not exist and a store of another owner look the same", { timeout: 60_000 }, async () => {
    const other = await browser.newContext({ reducedMotion: "reduce", viewport: size });
    const stranger = await createUser("merchant", "Sam");
    try {
      const theirs = await other.newPage();
      await signIn(theirs, stranger);
      for (const guess of [name, "no-such-store"]) {
        await theirs.goto(`${dashboard}/stores/${guess}`);
        await theirs.getByRole("heading", { level: 1, name: "Store not found" }).waitFor();
      }
    } finally {
      await other.close();
      await removeUser(stranger);
    }
  });

  test("an administrator sees users, stores, room and what was done", { timeout: 90_000 }, async () => {
    const context = await browser.newContext({ reducedMotion: "reduce", viewport: size });
    const desk = await context.newPage();
    await signIn(desk, admin);
    await desk.getByRole("link", { name: "Platform" }).click();
    await desk.getByRole("meter").first().waitFor();
    await inspect(desk, look("capacity"));
    await desk.getByRole("link", { name: "All stores" }).click();
    await desk.getByRole("list", { name: "Stores" }).getByText(merchant.email).first().waitFor();
    await inspect(desk, look("all-stores"));
    await desk.getByRole("link", { name: "Users" }).click();
    await desk.getByText(merchant.email).first().waitFor();
    await inspect(desk, look("users"));
    await desk.getByRole("link", { name: "Audit" }).click();
    await desk.getByText("looked up how to sign in to the store").first().waitFor();
    await inspect(desk, look("audit"));
    await context.close();
  });

  test("the store is deleted, with a receipt", { timeout: 180_000 }, async () => {
    await page.goto(`${dashboard}/stores/${name}/settings`);
    await page.getByRole("button", { name: "Delete this store" }).click();
    const dialog = page.getByRole("alertdialog");
    assert.equal(await dialog.getByRole("button", { name: "Delete permanently" }).isDisabled(), true);
    await dialog.getByLabel(`Type ${name} to confirm`).fill(name);
    await inspect(page, look("delete"));
    await dialog.getByRole("button", { name: "Delete permanently" }).click();
    await page.getByText("This store is being deleted").waitFor();
    // The settings speak of it, too, before the store goes.
    await page.getByText("Nothing is left", { exact: true }).waitFor({ timeout: 150_000 });
    assert.equal(await page.getByText("0 left", { exact: true }).count(), 7);
    await inspect(page, look("receipt"));
    await page.getByRole("link", { name: "Back to your stores" }).click();
    await page.getByRole("heading", { level: 1, name: "Open your first store" }).waitFor();
    assert.deepEqual(errors, []);
  });
}
