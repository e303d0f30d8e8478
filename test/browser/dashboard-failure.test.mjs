// A store that finds no room says so, keeps retrying, and becomes Ready when there is room again.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { takeRoom } from "./cluster.mjs";
import { dashboard, inspect, createUser, removeUser, signIn } from "./dashboard.mjs";
import { openBrowser, shopflow, watchErrors } from "./shop.mjs";

const name = `roomless-${randomBytes(3).toString("hex")}`;
let browser;
let merchant;
let restore;

before(async () => {
  browser = await openBrowser();
  merchant = await createUser("merchant", "Robin");
});

after(async () => {
  await browser?.close();
  await restore?.();
  await shopflow("store", "delete", name, "--yes", "--wait").catch(() => {});
  if (merchant) await removeUser(merchant);
});

test("a store in trouble says why, what leads there and what to do, can be retried, and recovers", { timeout: 240_000 }, async () => {
  restore = await takeRoom();
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  await signIn(page, merchant);
  const errors = watchErrors(page);
  await page.goto(`${dashboard}/new`);
  await page.getByRole("radio", { name: /medusa/i }).check({ force: true });
  await page.getByLabel("Shop name").fill("No Room Yet");
  await page.getByLabel("Name in the address").fill(name);
  await page.getByText(`${name}.shopflow.localhost`).waitFor();
  await page.getByRole("button", { name: "Create store" }).click();
  await page.waitForURL(`${dashboard}/stores/${name}`);

  const why = page.getByRole("region", { name: /something is wrong/i });
  await why.waitFor({ timeout: 90_000 });
  await why.getByText(/no node has enough free CPU/i).first().waitFor();
  const chain = await why.getByRole("list", { name: "From the store to the cause" }).getByRole("listitem").allInnerTexts();
  assert.ok(chain.length >= 2, `a chain of ${chain.length}`);
  assert.ok(chain.some((link) => /^Pod/.test(link)), `the pod is in ${chain}`);
  await why.getByRole("heading", { name: "What to do" }).waitFor();
  await why.getByText(/smaller plan/i).waitFor();
  await inspect(page, "failed");
  await page.getByRole("link", { name: "Stores", exact: true }).first().click();
  await page.getByRole("list", { name: "Stores" }).getByText("Provisioning", { exact: true }).first().waitFor();
  await inspect(page, "list-failed");
  await page.goBack();

  // The retry comes while there is still no room: a store that finds room recovers on its own, and the button disappears.
  const asked = page.waitForResponse((response) => response.url().endsWith(`/stores/${name}/retry`));
  await why.getByRole("button", { name: "Try again" }).click();
  assert.equal((await asked).ok(), true, "the retry is accepted");
  await restore();
  restore = undefined;
  await page.getByText("It sells").waitFor({ timeout: 120_000 });
  assert.equal(await why.count(), 0, "the failure is over");
  assert.deepEqual(errors, []);
});
