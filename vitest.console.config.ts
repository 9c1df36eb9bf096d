import { defineConfig } from "vitest/config";

/** The console in a real browser, on a real `npm start` with images that a real client has pushed. */
export default defineConfig({
  test: {
    name: "console",
    include: ["test/console/**/*.test.ts"],
    environment: "node",
    // A browser, a registry and its workerd for each file: two at once would only wait for each other.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
