import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const MIGRATIONS = await readD1Migrations("migrations");

/** What runs outside of the Worker, in browsers or in Node, and is tested in Node. */
const OUTSIDE = ["src/cli", "src/client", "src/console"];

/** The Worker's bindings, as tests have them. */
const WORKER = {
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    // What is queued waits: tests deliver it themselves, when they have a receiver.
    queueConsumers: {},
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
};

/**
 * What the Worker takes from npm, each as one module: every test file loads all of them anew, and drizzle, Hono and zod are
 * hundreds of modules. Saves a second a file.
 */
const PACKAGES = [
  "@hono/zod-openapi",
  "drizzle-orm",
  "drizzle-orm/d1",
  "drizzle-orm/sqlite-core",
  "hono",
  "hono/cookie",
  "hono/cors",
  "hono/factory",
  "hono/html",
  "hono/http-exception",
  "hono/utils/basic-auth",
  "ipaddr.js",
  "jose",
  "re2js",
  "zod",
];
const deps = { optimizer: { ssr: { enabled: true, include: PACKAGES } } };

/** The fast suite: the Worker inside workerd, with the real R2, D1 and Durable Objects of the local runtime; the rest. */
export default defineConfig({
  test: {
    // Some tests wait for a limit's time to pass: four files at once keep two processors busy.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [
      {
        plugins: [cloudflareTest(WORKER)],
        test: {
          name: "workerd",
          deps,
          include: ["test/workerd/**/*.test.ts"],
          setupFiles: ["test/support/workerd/setup.ts"],
          testTimeout: 30_000,
        },
      },
      {
        // Pure rules, beside their code: they need no database, and none of them leaves anything behind.
        plugins: [cloudflareTest(WORKER)],
        test: {
          name: "rules",
          deps,
          include: ["src/**/*.test.ts"],
          exclude: OUTSIDE.map((folder) => `${folder}/**`),
          isolate: false,
        },
      },
      {
        test: {
          name: "node",
          include: OUTSIDE.map((folder) => `${folder}/**/*.test.ts`),
          environment: "node",
          // A test reads the colours; Vitest empties all other style sheets.
          css: { include: [/\/tokens\.css/] },
        },
      },
    ],
  },
});
