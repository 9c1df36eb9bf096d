/** The patched simulator of R2 answers what the unpatched one does. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHashing } from "../../scripts/local/hashing.ts";
import { PackageNotPatched, readPatch, requirePatches } from "../../scripts/local/patched-packages.ts";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";
import { loadMiniflare, PATCH, PATCH_TEXT, PATCHED_MINIFLARE, unpatchedMiniflare } from "./miniflares.ts";
import { OPERATIONS } from "./r2-operations.ts";

const ROOT = dirname(dirname(import.meta.dirname));

const directory = makeTemporaryDirectory();

const SCRIPT = readFileSync(join(import.meta.dirname, "r2-operations-worker.js"), "utf8");

interface Simulator {
  run: (operation: string) => Promise<unknown>;
  dispose: () => Promise<void>;
}

/** A Worker with a bucket, from one of the packages. */
async function startSimulator(entry: string, name: string): Promise<Simulator> {
  const { Miniflare, convertV4MiniflareOptions } = loadMiniflare(entry);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: SCRIPT,
      compatibilityDate: "2026-11-01",
      cf: { colo: "LOCAL" },
      telemetry: { enabled: false },
      handleStructuredLogs: () => undefined,
      r2Buckets: ["BUCKET"],
      resourcePersistencePath: join(directory, name),
    }),
  );
  await miniflare.ready;
  return {
    run: async (operation) => (await miniflare.dispatchFetch(`http://localhost/${operation}`)).json(),
    dispose: () => miniflare.dispose(),
  };
}

const simulators: { unpatched?: Simulator; patched?: Simulator; hashing?: Simulator } = {};
beforeAll(async () => {
  simulators.unpatched = await startSimulator(unpatchedMiniflare(directory), "unpatched");
  simulators.patched = await startSimulator(PATCHED_MINIFLARE, "patched");
  // From now on simulators leave checksums of large values to the thread.
  await startHashing();
  simulators.hashing = await startSimulator(PATCHED_MINIFLARE, "hashing");
});
afterAll(async () => {
  for (const simulator of Object.values(simulators)) await simulator.dispose();
  removeDirectory(directory);
});

/** What the unpatched one answers: asked once, since it keeps what it is given. */
const answers = new Map<string, Promise<unknown>>();
function expectedOf(operation: string): Promise<unknown> {
  const known =
    answers.get(operation) ?? simulators.unpatched?.run(operation) ?? Promise.reject(new Error("not started"));
  answers.set(operation, known);
  return known;
}

describe.for(["patched", "hashing"] as const)("The simulator of R2, %s", (kind) => {
  test.for(OPERATIONS)("%s", async (operation) => {
    const expected = await expectedOf(operation);
    expect(expected).not.toHaveProperty("crashed");
    expect(await simulators[kind]?.run(operation)).toEqual(expected);
  });
});

describe("Patched packages", () => {
  /** A checkout with the patch and the two files of the package that matter here. */
  function checkout(name: string, version: string, change: (text: string) => string): string {
    const root = join(directory, name);
    cpSync(join(ROOT, "patches"), join(root, "patches"), { recursive: true });
    for (const { path } of readPatch(PATCH_TEXT)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), change(readFileSync(join(ROOT, path), "utf8")));
    }
    writeFileSync(join(root, "node_modules", "miniflare", "package.json"), JSON.stringify({ version }));
    return root;
  }
  const VERSION = PATCH.slice("miniflare+".length, -".patch".length);

  test("are accepted as they are installed", () => {
    expect(() => requirePatches(ROOT)).not.toThrow();
    expect(() => requirePatches(checkout("same", VERSION, (text) => text))).not.toThrow();
  });

  test("are refused in another version", () => {
    const root = checkout("other", "5.20270101.0", (text) => text);
    expect(() => requirePatches(root)).toThrow(PackageNotPatched);
    expect(() => requirePatches(root)).toThrow(/the patch is for .*, and this is 5\.20270101\.0/);
  });

  test("are refused without one of the changes", () => {
    const root = checkout("changed", VERSION, (text) =>
      text.replace("const R2_HASHING", "const OTHER").replace("#checksums", "#others"),
    );
    expect(() => requirePatches(root)).toThrow(/change \d+ of .* is missing.*npm ci/);
  });
});
