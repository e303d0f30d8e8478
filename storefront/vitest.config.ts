import { defineConfig } from "vitest/config";

export default defineConfig({
  // The SDK's source maps name files that it does not ship: a warning for each would bury the results.
  logLevel: "error",
});
