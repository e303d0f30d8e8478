import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { bundleBudget } from "./bundle-budget.ts";
import { devStore } from "./dev-store.ts";

export default defineConfig({
  plugins: [react(), bundleBudget(120), devStore(process.env.STORE_URL)],
  build: {
    // The same origin also serves Medusa's /app, /store and /static.
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
    // Inlined pictures would need data: in the content security policy.
    assetsInlineLimit: 0,
  },
});
