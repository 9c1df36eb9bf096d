import { defineConfig } from "vitest/config";

/** Triggers of a real `npm start`, and what they call: receivers and clusters that fail in every way. */
export default defineConfig({
  test: {
    name: "triggers",
    include: ["test/triggers/**/*.test.ts"],
    environment: "node",
    // What is measured is shared: two files at once would slow each other down.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
