import { defineConfig } from "vitest/config";

/** Real container clients against a real `npm start`. */
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/clients/**/*.test.ts"],
    environment: "node",
    // Clients, registry and disk share this machine: two files at once would only measure each other.
    fileParallelism: false,
    testTimeout: 60_000,
    // Some start two registries, two daemons and a proxy.
    hookTimeout: 120_000,
  },
});
