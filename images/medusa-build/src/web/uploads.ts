import type { MedusaNextFunction, MedusaRequest, MedusaResponse } from "@medusajs/framework/http";
import express from "express";
import type { Settings } from "../settings";

const prefix = "/static/";
const privatePrefix = "/static/private-";

/**
 * Serves uploaded files: public ones to everyone, private ones (exports, for example) to a signed-in administrator. A browser runs
 * nothing of them, because they share their origin with the admin.
 */
export function uploads(store: Settings) {
  const options = { index: false as const, redirect: false, fallthrough: true, maxAge: "1h" };
  const publicFiles = express.static(store.uploads.publicFolder, options);
  const privateFiles = express.static(store.uploads.privateFolder, { ...options, cacheControl: false });

  return (req: MedusaRequest, res: MedusaResponse, next: MedusaNextFunction) => {
    if (!req.path.startsWith(prefix) || (req.method !== "GET" && req.method !== "HEAD")) {
      return next();
    }
    const secret = req.path.startsWith(privatePrefix);
    if (secret && !isAdministrator(req)) {
      return notFound(res);
    }
    res.set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    res.set("X-Content-Type-Options", "nosniff");
    if (secret) {
      res.set("Cache-Control", "private, no-store");
    }
    const url = req.url;
    req.url = url.slice(prefix.length - 1);
    return (secret ? privateFiles : publicFiles)(req, res, (error?: unknown) => {
      req.url = url;
      return error ? next(error) : notFound(res);
    });
  };
}

function isAdministrator(req: MedusaRequest): boolean {
  const session = req.session as { auth_context?: { actor_type?: string; actor_id?: string } } | undefined;
  return session?.auth_context?.actor_type === "user" && Boolean(session.auth_context.actor_id);
}

function notFound(res: MedusaResponse) {
  res.status(404).type("text").send("Not found\n");
}
