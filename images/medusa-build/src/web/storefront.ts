import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { MedusaNextFunction, MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import express from "express";
import type { Settings } from "../settings";
import { within } from "./within";

/** First path segments that never belong to the storefront. */
const reserved = new Set(["store", "admin", "app", "auth", "hooks", "cloud", "health", "readyz", "static"]);

/** Folders of files: a path below them is a file or nothing, never a page. */
const fileFolders = new Set(["assets", "media"]);

/** How long a page waits for the database before it is sent without a default region, in milliseconds. */
const patienceMs = 900;

const configElement = /(<script type="application\/json" id="store-config">)[^<]*(<\/script>)/;

const year = 365 * 24 * 60 * 60;
const day = 24 * 60 * 60;

const securityHeaders = {
  "Content-Security-Policy":
    "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; object-src 'none'; " +
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "strict-origin-when-cross-origin",
};

/**
 * Serves the built storefront: its files, and for every other page its index.html, which tells it the store's name, publishable
 * key and default region. Without a storefront (in an image for development) every request is passed on.
 */
export function storefront(store: Settings) {
  const file = path.join(store.storefront, "index.html");
  const template = existsSync(file) ? readTemplate(file) : null;
  const files = express.static(store.storefront, { index: false, redirect: false, setHeaders: setFileHeaders });

  return (req: MedusaRequest, res: MedusaResponse, next: MedusaNextFunction) => {
    const segment = req.path.split("/")[1] ?? "";
    if (template === null || (req.method !== "GET" && req.method !== "HEAD") || reserved.has(segment)) {
      return next();
    }
    const sendPage = async () => {
      const { publishableKey, storeName } = store;
      const page = withConfig(template, { publishableKey, storeName, regionId: await defaultRegion(req) });
      res.set(securityHeaders).set("Cache-Control", "no-cache").type("html").send(page);
    };
    if (req.path === "/" || req.path === "/index.html") {
      return sendPage().catch(next);
    }
    return files(req, res, (error?: unknown) => {
      if (error || fileFolders.has(segment) || !req.accepts("html")) {
        return next(error);
      }
      sendPage().catch(next);
    });
  };
}

function readTemplate(file: string): string {
  const html = readFileSync(file, "utf8");
  if (!configElement.test(html)) {
    throw new Error(`${file} has no store-config element`);
  }
  return html;
}

/** The region that the owner has set as the store's default. A page is sent without one rather than not at all. */
async function defaultRegion(req: MedusaRequest): Promise<string | undefined> {
  const database = req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION);
  const query = database("store").whereNull("deleted_at").first("default_region_id");
  const row: { default_region_id: string | null } | undefined = await within(patienceMs, query).catch(() => undefined);
  return row?.default_region_id ?? undefined;
}

function setFileHeaders(res: { setHeader(name: string, value: string): void }, file: string) {
  const hashed = file.includes(`${path.sep}assets${path.sep}`);
  res.setHeader("Cache-Control", hashed ? `public, max-age=${year}, immutable` : `public, max-age=${day}`);
  res.setHeader("X-Content-Type-Options", "nosniff");
}

/** The configuration that the storefront reads; see storefront/src/lib/config.ts. */
interface StoreConfig {
  publishableKey: string;
  storeName: string;
  regionId?: string;
}

/** Inserts the store's configuration into the page. No name can end the script element or start another one. */
function withConfig(html: string, config: StoreConfig): string {
  const json = JSON.stringify(config).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return html.replace(configElement, (_, open: string, close: string) => open + json + close);
}
