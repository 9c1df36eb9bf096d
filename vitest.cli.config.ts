import { defineConfig } from "vitest/config";

/** The command line tool `berth` against real servers. */
export default defineConfig({
  test: {
    name: "cli",
    include: ["test/cli/**/*.test.ts"],
    environment: "node",
    // Several files start servers, docker and nginx, and move gigabytes.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
