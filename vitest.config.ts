import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const MIGRATIONS = await readD1Migrations("migrations");

/** What runs outside of the Worker, in browsers or in Node, and is tested in Node. */
const OUTSIDE = ["src/cli", "src/client", "src/console"];

/** How many random histories a script of package.json plays: a script cannot set a variable in every shell. */
const GARBAGE_RUNS_BY_SCRIPT: Readonly<Record<string, string>> = { "test:garbage": "200" };

/** The Worker's bindings, as tests have them. */
const WORKER = {
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    // What is queued waits, in queues that nobody consumes: tests deliver it themselves, when they have a receiver. To name no
    // consumers here would add none to those of wrangler.toml, and take none away.
    queueProducers: { DELIVERIES: "unconsumed-deliveries", SYNCS: "unconsumed-syncs" },
    bindings: {
      MIGRATIONS,
      TOKEN_SECRET: "a secret for tests only, of more than 32 bytes",
      ENCRYPTION_KEY: "YSBzZWNyZXQgZm9yIHRlc3RzIG9ubHksIDMyIGJ5dGU=",
      // Tests of the quota set their own.
      ORGANIZATION_QUOTA: "100000",
      // Tests of the log set this, too.
      LOG_REQUESTS: "none",
      // The environment of this process does not reach workerd.
      GARBAGE_RUNS: process.env.GARBAGE_RUNS ?? GARBAGE_RUNS_BY_SCRIPT[process.env.npm_lifecycle_event ?? ""] ?? "",
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
  "hono/route",
  "hono/utils/basic-auth",
  "ipaddr.js",
  "jose",
  "re2js",
  "zod",
];
const deps = { optimizer: { ssr: { enabled: true, include: PACKAGES } } };

/**
 * Test files that share a few isolates, and so the database and the Worker's memory: it saves starting a runtime and loading the Worker
 * for each. What they do is in accounts of their own; they count neither trips nor all rows of a table, and leave the clock, the
 * limits and the operator as they were; nor do several people of theirs log in at once, which wrong passwords of another file would
 * slow down. A file that does any of this has an isolate of its own, as all have that are not named here.
 */
const TOGETHER = [
  "access-keys",
  "clusters",
  "console",
  "cross-origin",
  "database",
  "docker-search",
  "dockyard",
  "iam",
  "image-archive",
  "image-detail",
  "image-referrers",
  "image-search",
  "image-shares-api",
  "image-tags",
  "images",
  "images-api",
  "immutable-tags",
  "job-logins",
  "kubernetes",
  "lists",
  "manifest-text",
  "manifests",
  "names-and-routes",
  "organization-lists",
  "organizations-api",
  "overview-api",
  "permissions",
  "permissions-api",
  "platform-limits",
  "prospective-grants",
  "public-address",
  "queries",
  "registry-refusals",
  "remotes",
  "reports",
  "robots",
  "settings",
  "sharing",
  "signatures",
  "stale-tokens",
  "strict-transport",
  "swr-v3",
  "synchronization",
  "tag-deletion",
  "tag-history",
  "tls-handshakes",
  "trust-rules",
  "webhooks",
  "workers-cache",
  "workload-rights",
].map((name) => `test/workerd/${name}.test.ts`);

/**
 * They end what hangs, and judge no speed: a slow machine, with other suites beside, takes ten times what a quick one does. A test that
 * needs longer says so itself.
 */
const TIME_LIMITS = { testTimeout: 180_000, hookTimeout: 120_000 };

/** Before each file of tests of the Worker. */
const WORKERD = { deps, setupFiles: ["test/support/workerd/setup.ts"], ...TIME_LIMITS };

/** `npm test`: the Worker inside workerd, with the real R2, D1 and Durable Objects of the local runtime; and tests beside their code. */
const FAST: TestProjectInlineConfiguration[] = [
  {
    plugins: [cloudflareTest(WORKER)],
    test: { name: "workerd", ...WORKERD, include: ["test/workerd/**/*.test.ts"], exclude: TOGETHER },
  },
  {
    plugins: [cloudflareTest(WORKER)],
    test: { name: "workerd-together", ...WORKERD, include: TOGETHER, isolate: false },
  },
  {
    // Pure rules, beside their code: they need no database, and none of them leaves anything behind.
    plugins: [cloudflareTest(WORKER)],
    test: {
      name: "unit",
      deps,
      include: ["src/**/*.test.ts"],
      exclude: OUTSIDE.map((folder) => `${folder}/**`),
      isolate: false,
      ...TIME_LIMITS,
    },
  },
  {
    test: {
      name: "unit-node",
      include: OUTSIDE.map((folder) => `${folder}/**/*.test.ts`),
      environment: "node",
      // A test reads the colours; Vitest empties all other style sheets.
      css: { include: [/\/tokens\.css/] },
      ...TIME_LIMITS,
    },
  },
];

/** Tests of processes that really run, one file after the other: they share processors and disk, and some measure. */
function alone(name: string): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      environment: "node",
      fileParallelism: false,
      ...TIME_LIMITS,
    },
  };
}

/** What `npm run test:<name>` runs: processes seen from outside, in plain Node. */
const SLOW: TestProjectInlineConfiguration[] = [
  {
    // The local runtime and the deployment script: `scripts/` seen from outside.
    test: {
      name: "runtime",
      include: ["test/runtime/**/*.test.ts"],
      environment: "node",
      // Each file starts processes of its own.
      maxWorkers: 2,
      // Vitest wants a group for each number of workers.
      sequence: { groupOrder: 1 },
      ...TIME_LIMITS,
    },
  },
  // Uploads that are broken off by killing what takes part in them.
  alone("crash"),
  // Random clients on a real `npm start` that is killed again and again.
  alone("chaos"),
  // Huawei's unmodified SDK for SWR, and all examples of `/docs`, against a real `npm start`.
  alone("sdk"),
  // Triggers of a real `npm start`, and what they call: receivers and clusters that fail in every way.
  alone("triggers"),
  // Copying images from a real `npm start` to other registries, over lines that break and servers that are killed.
  alone("sync"),
  // Backups of real registries, restored and compared; a stand-in for Cloudflare's APIs; storage that is broken and mended.
  alone("backup"),
  // Real container clients against a real `npm start`. Some start two registries, two daemons and a proxy.
  alone("clients"),
  {
    // The console in a real browser, on a real `npm start` with images that a real client has pushed.
    test: {
      name: "console",
      include: ["test/console/**/*.test.ts"],
      environment: "node",
      // Each file has a registry and a browser of its own, and mostly waits for them.
      maxWorkers: 2,
      sequence: { groupOrder: 1 },
      ...TIME_LIMITS,
      // As patient as a browser's own waits: one second is not enough where everything is busy.
      expect: { poll: { timeout: 20_000 } },
    },
  },
  // The command line tool `berth` against real servers. Several files start docker and nginx, and move gigabytes.
  alone("cli"),
];

export default defineConfig({
  test: {
    // Some tests wait for a limit's time to pass: four files at once keep two processors busy.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [...FAST, ...SLOW],
  },
});
