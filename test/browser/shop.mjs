// What the browser tests share: the command line, the browser, screenshots and accessibility checks.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);
const port = process.env.SHOPFLOW_PORT ?? "8080";
const screenshots = join(import.meta.dirname, "screenshots");

/** The public address of a store. */
export const address = (store) => `http://${store}.shopflow.localhost:${port}`;

/** Runs the command line and returns what it printed, read as JSON. */
export async function shopflow(...args) {
  const cwd = process.env.SHOPFLOW_DIR ? dirname(process.env.SHOPFLOW_DIR) : process.cwd();
  const env = { ...process.env, ...(await client()) };
  const { stdout } = await run(process.env.SHOPFLOW_BINARY, [...args, "-o", "json"], { cwd, env, timeout: 300_000 });
  return JSON.parse(stdout);
}

/** How to sign in, from the folder that `shopflow up` wrote. */
export async function client() {
  if (!process.env.SHOPFLOW_DIR) return {};
  const text = await readFile(join(process.env.SHOPFLOW_DIR, "client.yaml"), "utf8");
  const value = (key) => text.match(new RegExp(`^${key}: *"?([^"\\n]+)"?$`, "m"))?.[1] ?? "";
  return { SHOPFLOW_SERVER: value("server"), SHOPFLOW_TOKEN: value("token") };
}

/** Starts Chromium without anything that would call out. */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Keeps a picture of the page. */
export async function picture(page, name) {
  await mkdir(screenshots, { recursive: true });
  // From the top: what sticks to the window would otherwise be drawn in the middle of the page.
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  if (process.env.SHOPFLOW_PICTURES && published.includes(name)) {
    await page.screenshot({ path: join(process.env.SHOPFLOW_PICTURES, `${name}.jpg`), type: "jpeg", quality: 80 });
  }
}

// The pictures in the README. SHOPFLOW_PICTURES names the folder to write them to.
const published = ["shop-home", "woo-home", "dashboard-create", "dashboard-provisioning", "dashboard-ready", "dashboard-failed"];

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Fails on every accessibility problem that axe finds, except for known ones that are not ours to mend. */
export async function checkAccess(page, what, known = []) {
  // Wait for animations: what still fades in does not have its colors yet.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  // A script tag would be refused by the shop's own content security policy.
  await page.evaluate(await readFile(axePath, "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  assert.deepEqual(found, known, `accessibility of ${what}`);
}

/** Collects what the page itself complains about. */
export function watchErrors(page) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(`${message.text()} (${message.location().url})`));
  return errors;
}

/** Waits until every picture of the page is there, and fails if one is broken. */
export async function picturesLoaded(page) {
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode()));
  });
}
