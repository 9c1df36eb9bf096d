import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const MIGRATIONS = await readD1Migrations("migrations");

/** The fast suite: inside workerd, with the real R2, D1 and Durable Objects of the local runtime. */
export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          MIGRATIONS,
          TOKEN_SECRET: "a secret for tests only, of more than 32 bytes",
          ENCRYPTION_KEY: "YSBzZWNyZXQgZm9yIHRlc3RzIG9ubHksIDMyIGJ5dGU=",
          // Tests of the quota set their own.
          ORGANIZATION_QUOTA: "100000",
          // The environment of this process does not reach workerd.
          GARBAGE_RUNS: process.env.GARBAGE_RUNS ?? "",
          GARBAGE_SEED: process.env.GARBAGE_SEED ?? "",
        },
      },
    }),
  ],
  test: {
    include: ["src/**/*.test.ts", "test/workerd/**/*.test.ts"],
    setupFiles: ["test/support/workerd/setup.ts"],
    testTimeout: 30_000,
  },
});
