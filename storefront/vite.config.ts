import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    // The same origin also serves Medusa's /app, /store and /static.
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
    // Inlined pictures would need data: in a content security policy.
    assetsInlineLimit: 0,
  },
});
