import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { bundleBudget } from "./bundle-budget.ts";

export default defineConfig({
  plugins: [react(), tailwind(), bundleBudget(200)],
  build: {
    target: ["chrome123", "firefox125", "safari17.5"],
    modulePreload: { polyfill: false },
    // Inlined pictures and fonts would need data: in the content security policy.
    assetsInlineLimit: 0,
  },
  server: {
    // `npm run dev` against a platform that is up: SHOPFLOW_URL=http://shopflow.localhost:8080 npm run dev
    proxy: {
      "/api": { target: process.env.SHOPFLOW_URL ?? "http://shopflow.localhost:8080", changeOrigin: true },
    },
  },
});
