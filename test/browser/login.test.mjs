// A merchant signs the command line in by way of the dashboard, and takes that back again.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { dashboard, inspect, createUser, removeUser } from "./dashboard.mjs";
import { openBrowser } from "./shop.mjs";

const run = promisify(execFile);
const size = { width: 1280, height: 900 };
let browser;
let merchant;
let page;
let home;
let options;

before(async () => {
  browser = await openBrowser();
  merchant = await createUser("merchant", "Robin");
  page = await browser.newPage({ reducedMotion: "reduce", viewport: size });
  home = await mkdtemp(join(tmpdir(), "shopflow-login-"));
  // A home of its own, so that nothing that is kept here counts, and no program that could open another browser.
  const { PATH } = process.env;
  options = { cwd: home, env: { PATH, HOME: home, XDG_CONFIG_HOME: home, SHOPFLOW_SERVER: dashboard } };
});

after(async () => {
  await browser?.close();
  if (merchant) await removeUser(merchant);
  if (home) await rm(home, { recursive: true });
});

/** Starts `shopflow login` and returns what it shows, and how it ends. */
async function login(t) {
  const command = spawn(process.env.SHOPFLOW_BINARY, ["login", "--wait", "50s"], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => command.kill());
  let said = "";
  const ended = new Promise((resolve) => command.on("close", (code) => resolve({ code, said })));
  const asked = new Promise((resolve) => {
    command.stderr.setEncoding("utf8").on("data", (piece) => {
      said += piece;
      const address = said.match(/^ +(http\S+)$/m)?.[1];
      const code = said.match(/the code (\S{4}-\S{4}):/)?.[1];
      if (address && code) resolve({ address, code });
    });
  });
  const early = ended.then(({ said }) => assert.fail(`it ended without asking: ${said}`));
  early.catch(() => {}); // It always ends at last.
  return { ...(await Promise.race([asked, early])), ended };
}

test("a signed-out person signs in first, allows it, and the command line acts for them", { timeout: 60_000 }, async (t) => {
  const { address, code, ended } = await login(t);
  await page.goto(address);
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.getByLabel("Email").fill(merchant.email);
  await page.getByLabel("Password").fill(merchant.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: /^Allow .+ to act for you\?$/ }).waitFor();
  await page.getByText(code, { exact: true }).waitFor();
  await page.getByText(merchant.email, { exact: true }).waitFor();
  await inspect(page, "allow");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { level: 1, name: "Go back to the terminal" }).waitFor();
  const end = await ended;
  assert.equal(end.code, 0, end.said);
  assert.ok(end.said.includes(`as ${merchant.email} (merchant)`), end.said);
  const { stdout } = await run(process.env.SHOPFLOW_BINARY, ["whoami", "-o", "json"], options);
  assert.equal(JSON.parse(stdout).user.email, merchant.email);
});

test("the token is in the list, and stops working once it is revoked", { timeout: 60_000 }, async () => {
  await page.goto(`${dashboard}/tokens`);
  await page.getByText(/^shopflow login on /).waitFor();
  await page.getByRole("button", { name: /^Revoke shopflow login on / }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
  await assert.rejects(run(process.env.SHOPFLOW_BINARY, ["whoami"], options));
});

test("what is refused in the browser ends the command line", { timeout: 60_000 }, async (t) => {
  const { address, ended } = await login(t);
  await page.goto(address);
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByRole("heading", { level: 1, name: "The command line was refused" }).waitFor();
  const end = await ended;
  assert.equal(end.code, 1);
  assert.match(end.said, /the sign-in was refused in the browser/);
});
