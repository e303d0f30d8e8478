import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { MedusaNextFunction, MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import express from "express";
import type { Settings } from "../settings";

/** First segments of paths that are never the storefront's. */
const reserved = new Set(["store", "admin", "app", "auth", "hooks", "cloud", "health", "readyz", "static"]);

/** Folders of files: a path below them is a file or nothing, never a page. */
const fileFolders = new Set(["assets", "media"]);

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
 * Serves the built storefront: its files, and for every other page its index.html, which tells it the store's name and
 * publishable key. A store without a storefront (an image for development) passes everything on.
 */
export function storefront(store: Settings) {
  const file = path.join(store.storefront, "index.html");
  const page = existsSync(file) ? withConfig(readFileSync(file, "utf8"), store) : null;
  const files = express.static(store.storefront, { index: false, redirect: false, setHeaders: setFileHeaders });

  return (req: MedusaRequest, res: MedusaResponse, next: MedusaNextFunction) => {
    const segment = req.path.split("/")[1] ?? "";
    if (page === null || (req.method !== "GET" && req.method !== "HEAD") || reserved.has(segment)) {
      return next();
    }
    if (req.path === "/" || req.path === "/index.html") {
      return sendPage(res, page);
    }
    return files(req, res, (error?: unknown) => {
      if (error || fileFolders.has(segment) || !req.accepts("html")) {
        return next(error);
      }
      return sendPage(res, page);
    });
  };
}

function sendPage(res: MedusaResponse, page: string) {
  res.set(securityHeaders).set("Cache-Control", "no-cache").type("html").send(page);
}

function setFileHeaders(res: { setHeader(name: string, value: string): void }, file: string) {
  const hashed = file.includes(`${path.sep}assets${path.sep}`);
  res.setHeader("Cache-Control", hashed ? `public, max-age=${year}, immutable` : `public, max-age=${day}`);
  res.setHeader("X-Content-Type-Options", "nosniff");
}

const configElement = /(<script type="application\/json" id="store-config">)[^<]*(<\/script>)/;

/** Puts the store's configuration into the page. No name can end the script element or start another one. */
export function withConfig(html: string, store: Pick<Settings, "publishableKey" | "storeName">): string {
  if (!configElement.test(html)) {
    throw new Error("the storefront's index.html has no store-config element");
  }
  const json = JSON.stringify({ publishableKey: store.publishableKey, storeName: store.storeName }).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return html.replace(configElement, (_, open: string, close: string) => open + json + close);
}
