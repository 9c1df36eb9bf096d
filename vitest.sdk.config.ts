import { defineConfig } from "vitest/config";

/** Huawei's unmodified SDK for SWR against a real `npm start`. */
export default defineConfig({
  test: {
    name: "sdk",
    include: ["test/sdk/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
