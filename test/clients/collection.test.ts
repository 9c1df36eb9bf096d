/**
 * Pushes and pulls of a real client while garbage is collected without a pause. Days go by in seconds: the test sets all
 * that collection goes by back, in step with the clock, so that what a client relies on comes close to its end.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMINISTRATOR, ensureAdministrator } from "../../scripts/first-administrator.ts";
import { type Runtime, startRuntime } from "../../scripts/local/runtime.ts";
import { localSecrets } from "../../scripts/local/secrets.ts";
import { findProgram } from "../support/commands.ts";
import { digestInLayout } from "../support/image-layouts.ts";
import { requirePrograms } from "../support/requirements.ts";
import { PASSWORD, removeDirectory } from "../support/server.ts";
import { ClientSetup } from "./client-setup.ts";

/** How long clients are busy: several rounds of all fashions. A slow machine may take longer to push and pull often enough. */
const BUSY_MS = 40_000;
const MORE_MS = 120_000;
/** Pushes and pulls of each client. */
const ENOUGH = 3;
/** The grace period, a day, ends 16 seconds after its beginning: longer than any push of these images takes. */
const TIME_LAPSE = (24 * 60 * 60) / 16;
/** How many of the images clients push at a time, and for how long. */
const IN_FASHION = 3;
const FASHION_MS = 8000;
const DAY_MS = 24 * 60 * 60 * 1000;
const SEED = Date.now() % 1_000_000;

const program = findProgram("skopeo");
const skopeo = new ClientSetup(program);
let runtime: Runtime | undefined;
requirePrograms("pushes and pulls while garbage is collected", ["skopeo"]);

beforeAll(async () => {
  if (program === undefined) return;
  const stateDir = skopeo.path("state");
  runtime = await startRuntime({
    stateDir,
    bindings: () => ({ ...localSecrets(join(stateDir, "secrets.json")), GRACE_DAYS: "1", ORGANIZATION_QUOTA: "1000" }),
    log: (line) => logged.push(line),
  });
  await ensureAdministrator(await runtime.miniflare.getD1Database("DB"), PASSWORD);
  const login = ["login", "--tls-verify=false", "-u", ADMINISTRATOR, "--password-stdin", addressOf(runtime)];
  await skopeo.run(login, { input: PASSWORD });
});
afterAll(async () => {
  await runtime?.stop();
  removeDirectory(skopeo.directory);
});

/** What the Worker said: failures that nobody was told of. */
const logged: string[] = [];
const addressOf = ({ url }: Runtime) => new URL(url).host;

function requireRuntime(): Runtime {
  if (runtime === undefined) throw new Error("skopeo not installed");
  return runtime;
}

interface Collected {
  manifests: number;
  blobs: number;
  bytes: number;
  complete: boolean;
}

async function ask<T>(running: Runtime, path: string, init: RequestInit): Promise<T | undefined> {
  const credentials = Buffer.from(`${ADMINISTRATOR}:${PASSWORD}`).toString("base64");
  const headers = { Authorization: `Basic ${credentials}`, "Content-Type": "application/json" };
  const response = await fetch(`${running.url}${path}`, { ...init, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answers ${response.status}: ${text}`);
  return text === "" ? undefined : (JSON.parse(text) as T);
}

/** Sets everything that waits for its end back. */
async function pass(running: Runtime, milliseconds: number): Promise<void> {
  const database = await running.miniflare.getD1Database("DB");
  await database.batch([
    database.prepare("UPDATE blobs SET last_used_at = last_used_at - ?").bind(milliseconds),
    database
      .prepare("UPDATE manifests SET unreferenced_since = unreferenced_since - ? WHERE unreferenced_since > 0")
      .bind(milliseconds),
  ]);
}

async function collect(running: Runtime): Promise<Collected> {
  const collected = await ask<Collected>(running, "/api/garbage-collection", { method: "POST", body: "{}" });
  if (collected === undefined) throw new Error("a collection answered nothing");
  return collected;
}

/** Numbers below a limit, the same for the same seed (a linear congruential generator). */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

interface Layout {
  layout: string;
  digest: string;
}

/** Pushes, pulls and deletes at random in repositories of its own; layers are everybody's. */
async function useAtRandom(running: Runtime, worker: number, layouts: readonly Layout[], until: number) {
  const below = generator(SEED + worker);
  const tags = new Map<string, string>();
  const counts = { pushes: 0, pulls: 0, deletions: 0 };
  const isEnough = () => Math.min(counts.pushes, counts.pulls) >= ENOUGH;
  while (performance.now() < until || (!isEnough() && performance.now() < until + MORE_MS)) {
    const repository = `worker${worker}/image`;
    const tag = `v${below(2)}`;
    const name = `docker://${addressOf(running)}/${repository}:${tag}`;
    const known = tags.get(name);
    const kind = known === undefined ? 0 : below(4);
    if (kind <= 1) {
      // Images go out of use, for longer than the grace period, and come back.
      const first = Math.floor((until + MORE_MS - performance.now()) / FASHION_MS) * IN_FASHION;
      const image = layouts[(first + below(IN_FASHION)) % layouts.length] ?? { layout: "", digest: "" };
      const options = ["copy", "--all", "--preserve-digests", "--dest-tls-verify=false"];
      await skopeo.run([...options, `oci:${image.layout}:latest`, name]);
      tags.set(name, image.digest);
      counts.pushes += 1;
    } else if (kind === 2) {
      const target = skopeo.path(`pulled-${worker}-${counts.pulls}`);
      await skopeo.run(["copy", "--all", "--preserve-digests", "--src-tls-verify=false", name, `oci:${target}:latest`]);
      if (digestInLayout(target) !== known) throw new Error(`${name} is not what was pushed last`);
      removeDirectory(target);
      counts.pulls += 1;
    } else {
      await ask(running, `/v2/${repository}/manifests/${tag}`, { method: "DELETE" });
      tags.delete(name);
      counts.deletions += 1;
    }
  }
  return counts;
}

/** Collects, as time flies, until clients are done. */
async function collectAllTheTime(running: Runtime, isOver: () => boolean) {
  const total = { runs: 0, manifests: 0, blobs: 0 };
  for (let last = performance.now(); !isOver(); await sleep(100)) {
    const now = performance.now();
    await pass(running, Math.round((now - last) * TIME_LAPSE));
    last = now;
    const { manifests, blobs } = await collect(running);
    total.runs += 1;
    total.manifests += manifests;
    total.blobs += blobs;
  }
  return total;
}

test(`pushes and pulls go on while garbage is collected (seed ${SEED})`, { timeout: 400_000 }, async () => {
  const running = requireRuntime();
  const layouts: Layout[] = [];
  for (let count = 0; count < 12; count += IN_FASHION) {
    for (const name of [`image-${count}`, `image-${count + 1}`]) {
      const { layout, descriptor } = await skopeo.image(name, [1000, 200_000, 50_000]);
      layouts.push({ layout, digest: descriptor.digest });
    }
    const { layout, index } = await skopeo.multiPlatformImage(`index-${count}`);
    layouts.push({ layout, digest: index.digest });
  }

  let isOver = false;
  const until = performance.now() + BUSY_MS;
  const collecting = collectAllTheTime(running, () => isOver);
  const used = await Promise.all([1, 2, 3].map((worker) => useAtRandom(running, worker, layouts, until))).finally(
    () => {
      isOver = true;
    },
  );
  const collected = await collecting;
  console.log(`clients: ${JSON.stringify(used)}; collections: ${JSON.stringify(collected)}`);
  for (const { pushes, pulls } of used) expect(Math.min(pushes, pulls)).toBeGreaterThanOrEqual(ENOUGH);
  // Something went while they were at it.
  expect(collected.manifests).toBeGreaterThan(0);
  expect(collected.blobs).toBeGreaterThan(0);

  const database = await running.miniflare.getD1Database("DB");
  await database.prepare("DELETE FROM tags").run();
  // An index, its images and their referrers go one after the other.
  for (let round = 0; round < 4; round += 1) {
    expect(await collect(running)).toMatchObject({ complete: true });
    await pass(running, 2 * DAY_MS);
  }
  await collect(running);
  for (const table of ["manifests", "blobs", "repository_blobs", "garbage_objects"]) {
    expect(await database.prepare(`SELECT count(*) AS count FROM ${table}`).first("count")).toBe(0);
  }
  const bucket = await running.miniflare.getR2Bucket("BUCKET");
  expect((await bucket.list()).objects.map(({ key }) => key)).toEqual([]);
  expect(logged).toEqual([]);
});
