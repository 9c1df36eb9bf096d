import { defineConfig } from "vitest/config";

/** Uploads that are broken off by killing what takes part in them: `npm start` seen from outside. */
export default defineConfig({
  test: {
    name: "crash",
    include: ["test/crash/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
