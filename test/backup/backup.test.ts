/**
 * `npm run backup`, `restore` and `check-storage` with real registries on this machine: one that runs, one that does not, and one that
 * begins anew; programs that are killed; and many images, of which BERTH_BACKUP_LARGE=1 makes a thousand.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { listeningPorts } from "../support/ports.ts";
import { RECOUNTS } from "../support/recounts.ts";
import { MANIFEST_TYPE, pushBlob, pushImage, pushIndex, putManifest } from "../support/server-images.ts";
import { addAccount, addReader, operatorOf } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { contentOf, leftOver, objectFile, pullAll, run, type Running, select, start } from "./programs.ts";

const IS_LARGE = process.env.BERTH_BACKUP_LARGE === "1";
/** Images of 10 MB that they share, and some bytes of their own: 10 GB in all. */
const IMAGES = IS_LARGE ? 1000 : 10;
const SHARED_BYTES = 10_000_000;
/** More than what a program may have in memory besides what it is itself: what kept a blob whole would be found. */
const LARGE_BYTES = 256 * 1024 * 1024;
/**
 * Bytes that a program may have in memory, however much it copies. A restore into a folder of its own has Miniflare in its process, and
 * wrangler, which reads its configuration: 370 MB before it begins.
 */
const MEMORY = { backup: 450_000_000, restore: 700_000_000 };
if (!IS_LARGE) console.log(`Only ${IMAGES} images: BERTH_BACKUP_LARGE=1 makes 1,000 of 10 GB.`);

const folders: string[] = [];
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  for (const folder of folders) removeDirectory(folder);
});

function newFolder(): string {
  const folder = makeTemporaryDirectory();
  folders.push(folder);
  return folder;
}

async function startIn(stateDir: string): Promise<Server> {
  const server = await startServer(stateDir);
  servers.push(server);
  return server;
}

/** A registry with something of most that there is. */
async function fill(server: Server): Promise<void> {
  const operator = operatorOf(server);
  await pushIndex(operator, "acme/multi", "1");
  // Far more than what is sent in one request.
  await pushBlob(operator, "acme/large", "application/octet-stream", randomBytes(LARGE_BYTES));
  const other = await addAccount(server, "other");
  await pushImage(other, "elsewhere/db", "latest");
  await addReader(server, operator, "reader", "acme");
  await operator.addAccessKey();
  const layer = randomBytes(SHARED_BYTES);
  for (let number = 0; number < IMAGES; number += 1) {
    const repository = `many/image-${number % 10}`;
    const shared = number < 10 ? await pushBlob(operator, repository, "application/octet-stream", layer) : undefined;
    sharedLayer ??= shared;
    const own = await pushBlob(operator, repository, "application/octet-stream", randomBytes(100));
    const manifest = { schemaVersion: 2 as const, mediaType: MANIFEST_TYPE, config: own, layers: [sharedLayer] };
    await putManifest(operator, repository, `v${number}`, manifest);
  }
}
let sharedLayer: unknown;

/** No other user of the machine reaches the database by the runtime's own ports, where a header chooses the Worker. */
async function expectClosed(pid: number): Promise<void> {
  const ports = listeningPorts(pid);
  expect(ports.length).toBeGreaterThan(0);
  const headers = { "MF-Route-Override": "storage", "X-Berth-Storage": "guess" };
  const body = JSON.stringify([{ sql: "SELECT 1" }]);
  for (const port of ports) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body });
    expect([port, response.status]).toEqual([port, 403]);
  }
}

/** The most bytes that a program had in memory. */
async function peakOf({ child, ended }: Running): Promise<number> {
  let peak = 0;
  for (;;) {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has just ended, or this is not Linux.
    }
    if ((await Promise.race([ended, sleep(100)])) !== undefined) return peak;
  }
}

/** Kills a program as soon as something is the case. */
async function killWhen(program: Running, isTime: () => boolean): Promise<void> {
  while (!isTime()) await Promise.race([sleep(5), program.ended]);
  program.child.kill("SIGKILL");
  expect((await program.ended).exitCode).toBe("SIGKILL");
}

test(
  "a registry is backed up while it runs, killed and repeated, restored elsewhere, and found whole",
  { timeout: IS_LARGE ? 3_600_000 : 600_000 },
  async () => {
    const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
    const server = await startIn(source);
    await fill(server);
    await expectClosed(server.workerdPid);

    // Killed with bytes half copied: no backup, and no other one is begun in its place.
    await killWhen(start("backup", [backup], { STATE_DIR: source }), () => existsSync(join(backup, "unfinished")));
    const half = await run("restore", [backup], { STATE_DIR: target });
    expect(half).toMatchObject({ exitCode: 1, output: expect.stringContaining("never finished") });
    const whole = start("backup", [backup], { STATE_DIR: source });
    const peak = peakOf(whole);
    expect(await whole.ended).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("of the running registry"),
    });
    expect(await peak).toBeLessThan(MEMORY.backup);
    // It is this user's alone.
    expect(statSync(backup).mode & 0o777).toBe(0o700);
    expect(statSync(join(source, "storage.json")).mode & 0o077).toBe(0);

    await pushImage(operatorOf(server), "acme/multi", "later");
    const pulled = await pullAll(operatorOf(server), "acme/multi");
    await server.stop();
    const second = await run("backup", [backup], { STATE_DIR: source });
    // Only what is new.
    expect(second).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Copied now 2 .*removed 0/) });
    expect(leftOver(source)).toEqual([]);

    await killWhen(start("restore", [backup], { STATE_DIR: target }), () => existsSync(join(backup, "run.json")));
    const restoring = start("restore", [backup], { STATE_DIR: target });
    const restoringPeak = peakOf(restoring);
    const restored = await restoring.ended;
    expect(restored).toMatchObject({ exitCode: 0, output: expect.stringContaining("need the ENCRYPTION_KEY") });
    expect(await restoringPeak).toBeLessThan(MEMORY.restore);
    expect(leftOver(target)).toEqual([]);
    expect(contentOf(target)).toEqual(contentOf(source));

    const again = await startIn(target);
    const operator = operatorOf(again);
    expect(await pullAll(operator, "acme/multi")).toEqual(pulled);
    for (let number = 0; number < Math.min(IMAGES, 10); number += 1) {
      const statuses = Object.values(await pullAll(operator, `many/image-${number}`));
      expect(statuses.every((status) => status === 200)).toBe(true);
    }
    // It goes on as any other: what is pushed is counted, and found.
    await pushImage(operator, "acme/web", "4");
    const running = await run("restore", [backup, "--replace"], { STATE_DIR: target });
    expect(running).toMatchObject({ exitCode: 1, output: expect.stringContaining("already running") });
    const checked = await run("check-storage", [], { STATE_DIR: target });
    expect(checked).toMatchObject({ exitCode: 0, output: expect.stringContaining("Everything is there, and right.") });
    await again.stop();
    expect(RECOUNTS.flatMap((sql) => select(target, sql))).toEqual([]);

    const [lost] = select(target, "SELECT digest FROM blobs WHERE size = 100 ORDER BY id LIMIT 1");
    rmSync(objectFile(target, String(lost?.digest)));
    const found = await run("check-storage", ["--repair"], { STATE_DIR: target });
    expect(found).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining(`mended  missing-object  ${String(lost?.digest)}`),
    });
    const refused = await run("restore", [backup], { STATE_DIR: target });
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining("--replace") });
    const replaced = await run("restore", [backup, "--replace"], { STATE_DIR: target });
    expect(replaced).toMatchObject({ exitCode: 0, output: expect.stringContaining("stored now 1 ") });
    expect(contentOf(target)).toEqual(contentOf(source));
  },
);

test("what is wrong with a call is said in plain words", async () => {
  const folder = newFolder();
  const usage = await run("backup", [], { STATE_DIR: folder });
  expect(usage).toMatchObject({ exitCode: 1, output: "Usage: npm run backup -- FOLDER [--cloudflare] [--verify]\n" });
  const none = await run("backup", [join(folder, "backup")], { STATE_DIR: join(folder, "state") });
  expect(none).toMatchObject({ exitCode: 1, output: expect.stringContaining("Is STATE_DIR set?") });
  const access = { STATE_DIR: folder, CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_ACCOUNT_ID: "" };
  const cloudflare = await run("check-storage", ["--cloudflare"], access);
  expect(cloudflare).toMatchObject({ exitCode: 1, output: expect.stringContaining("CLOUDFLARE_API_TOKEN") });
});
