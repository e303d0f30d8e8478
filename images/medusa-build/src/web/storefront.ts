import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { MedusaNextFunction, MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import express from "express";
import type { Settings } from "../settings";
import { within } from "./within";

/** First path segments that never belong to the storefront. */
const reserved = new Set(["store", "admin", "app", "auth", "hooks", "cloud", "health", "readyz", "shopflow", "static"]);

/** Folders of files: a path below them is a file or nothing, never a page. */
const fileFolders = new Set(["assets", "media"]);

/** How long a page waits for the database before it is sent with what is known, in milliseconds. */
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
      const { name, default_region_id: region } = await readStore(req);
      const page = withConfig(template, {
        publishableKey: store.publishableKey,
        storeName: name || store.storeName,
        regionId: region ?? undefined,
      });
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

/** What the owner can change in the admin. */
interface StoreRow {
  name: string | null;
  default_region_id: string | null;
}

let lastRead: StoreRow = { name: null, default_region_id: null };

/**
 * Reads the store's name and default region, so that a change of them is seen at once. If the database does not answer in time, a page
 * is sent with what it answered last, rather than not at all.
 */
async function readStore(req: MedusaRequest): Promise<StoreRow> {
  const database = req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION);
  const query = database("store").whereNull("deleted_at").first("name", "default_region_id");
  lastRead = (await within<StoreRow | undefined>(patienceMs, query).catch(() => undefined)) ?? lastRead;
  return lastRead;
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
