// The way in, the empty list, the account and its tokens.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dashboard, inspect, createUser, removeUser, signIn } from "./dashboard.mjs";
import { openBrowser, watchErrors } from "./shop.mjs";

const size = { width: 1280, height: 900 };
let browser;
let merchant;
let page;
let errors;

before(async () => {
  browser = await openBrowser();
  merchant = await createUser("merchant", "Robin");
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: size });
  page = await context.newPage();
  errors = watchErrors(page);
});

after(async () => {
  await browser?.close();
  if (merchant) await removeUser(merchant);
});

test("the first page is small, strict and says who may come in", { timeout: 60_000 }, async () => {
  const answer = await page.goto(dashboard);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(answer.headers()["cache-control"], "no-cache");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await inspect(page, "sign-in");
  await page.getByLabel("Email").fill(merchant.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
});

test("a newcomer signs in and finds the way to the first store", { timeout: 60_000 }, async () => {
  await signIn(page, merchant);
  // Chromium itself reports the refusals before.
  errors.length = 0;
  await page.getByRole("heading", { level: 1, name: "Open your first store" }).waitFor();
  await inspect(page, "empty");
  const kilobytes = await page.evaluate(() => {
    const scripts = performance.getEntriesByType("resource").filter((entry) => new URL(entry.name).pathname.endsWith(".js"));
    return scripts.reduce((sum, entry) => sum + entry.encodedBodySize, 0) / 1000;
  });
  assert.ok(kilobytes > 50 && kilobytes <= 200, `the way in and the first page are ${kilobytes} kB of script`);
});

test("the reference of the API can be read without signing in", { timeout: 60_000 }, async () => {
  const reader = await browser.newPage({ reducedMotion: "reduce", viewport: size });
  await reader.goto(`${dashboard}/docs/api`);
  await reader.getByRole("heading", { level: 1 }).waitFor();
  await inspect(reader, "api-reference");
  await reader.close();
});

test("account and tokens", { timeout: 60_000 }, async () => {
  await page.goto(`${dashboard}/account`);
  await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  await inspect(page, "account");
  await page.goto(`${dashboard}/tokens`);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Laptop");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByText(/^sft_/).waitFor();
  await page.getByRole("button", { name: "I have it" }).click();
  assert.equal(await page.getByText(/^sft_/).count(), 0);
  await inspect(page, "tokens");
  await page.getByRole("button", { name: "Revoke Laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
  assert.deepEqual(errors, []);
});

test("signing out in one tab signs out in all", { timeout: 60_000 }, async () => {
  const other = await page.context().newPage();
  await other.goto(`${dashboard}/account`);
  await other.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  await page.getByRole("button", { name: /Robin/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await other.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  assert.equal(new URL(other.url()).searchParams.get("next"), "/account", "the way back is kept");
});
