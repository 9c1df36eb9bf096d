import { defineConfig } from "vitest/config";

/** The local runtime and the deployment script, in plain Node: `scripts/` seen from outside. */
export default defineConfig({
  test: {
    name: "runtime",
    include: ["test/runtime/**/*.test.ts"],
    environment: "node",
    // Each file starts processes of its own.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
