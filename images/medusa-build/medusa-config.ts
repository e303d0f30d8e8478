import { defineConfig } from "@medusajs/framework/utils";
import { settings } from "./src/settings";

const { storeUrl, databaseUrl, cacheUrl, uploads, jwtSecret, cookieSecret } = settings(process.env);
const redis = { redisUrl: cacheUrl };

module.exports = defineConfig({
  projectConfig: {
    databaseUrl,
    // Idle connections are closed: each costs PostgreSQL some megabytes.
    databaseDriverOptions: { connection: { ssl: false }, pool: { min: 0, max: 10, idleTimeoutMillis: 20_000 } },
    redisUrl: cacheUrl,
    http: {
      // The storefront and the admin are served by this server: no other origin has a reason to call it.
      storeCors: storeUrl.origin,
      adminCors: storeUrl.origin,
      authCors: storeUrl.origin,
      jwtSecret,
      cookieSecret,
    },
    // Medusa requires https in production. A local store speaks http, and its admin must be able to sign in too.
    cookieOptions: { secure: storeUrl.protocol === "https:", sameSite: "lax" },
  },
  admin: { path: "/app", backendUrl: "/" },
  modules: [
    { resolve: "@medusajs/medusa/event-bus-redis", options: redis },
    { resolve: "@medusajs/medusa/workflow-engine-redis", options: { redis } },
    {
      resolve: "@medusajs/medusa/caching",
      options: { providers: [{ resolve: "@medusajs/caching-redis", id: "redis", is_default: true, options: redis }] },
    },
    {
      resolve: "@medusajs/medusa/locking",
      options: { providers: [{ resolve: "@medusajs/medusa/locking-redis", id: "redis", is_default: true, options: redis }] },
    },
    {
      resolve: "@medusajs/medusa/file",
      options: {
        providers: [
          {
            resolve: "@medusajs/medusa/file-local",
            id: "local",
            options: {
              upload_dir: uploads.publicFolder,
              private_upload_dir: uploads.privateFolder,
              backend_url: new URL("/static", storeUrl).href,
            },
          },
        ],
      },
    },
  ],
});
