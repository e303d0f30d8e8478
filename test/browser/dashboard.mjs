// What the tests of the dashboard share: accounts, signing in, and looking at a page in both themes.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { checkAccess, client, picture } from "./shop.mjs";

/** The dashboard's address. */
export const dashboard = `http://shopflow.localhost:${process.env.SHOPFLOW_PORT ?? "8080"}`;

/** Asks the API as the administrator of the platform. Not every system's resolver knows *.localhost, so the host is only named. */
async function ask(method, path, body) {
  const { SHOPFLOW_SERVER, SHOPFLOW_TOKEN } = await client();
  const { host, port } = new URL(SHOPFLOW_SERVER);
  const headers = { Host: host, Authorization: `Bearer ${SHOPFLOW_TOKEN}`, "Content-Type": "application/json" };
  const answer = await new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, timeout: 20_000 }, resolve);
    sent.on("error", reject);
    sent.end(body && JSON.stringify(body));
  });
  let text = "";
  for await (const piece of answer.setEncoding("utf8")) text += piece;
  assert.ok(answer.statusCode < 300, `${method} ${path} was answered with ${answer.statusCode}: ${text}`);
  return text && JSON.parse(text);
}

/** Creates a user, and returns it with its password. */
export async function createUser(role, name) {
  const password = randomBytes(18).toString("base64url");
  const email = `${name.toLowerCase()}-${randomBytes(4).toString("hex")}@example.com`;
  const user = await ask("POST", "/api/v1/users", { email, name, password, role });
  return { ...user, password };
}

/** Removes an account that owns no store any more. */
export const removeUser = (user) => ask("DELETE", `/api/v1/users/${user.id}`);

/** Signs in by the form. */
export async function signIn(page, user) {
  await page.goto(dashboard);
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.getByLabel("Email").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

/** Opens a page of its own, signed in, which is closed after the test. */
export async function openSignedIn(t, browser, user) {
  const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await signIn(page, user);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  return page;
}

/** Checks and pictures a page wide and narrow, light and dark; it fits into 360 pixels. */
export async function inspect(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [width, height, suffix] of [
      [1280, 900, ""],
      [360, 740, "-phone"],
    ]) {
      await page.setViewportSize({ width, height });
      await checkAccess(page, `${name}, ${colorScheme}, ${width} wide`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${name} is ${over} pixels wider than ${width}`);
      await picture(page, `dashboard-${name}${suffix}${colorScheme === "dark" ? "-dark" : ""}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1280, height: 900 });
}
