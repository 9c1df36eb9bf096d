import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { ROOT, run, temporaryDirectory } from "./programs.ts";

const PASSWORD = "correct horse battery";
const READY = /Berth is ready at (http:\/\/127\.0\.0\.1:(\d+))\n/;

const start = (stateDir: string) =>
  run(["scripts/bootstrap.mjs", "scripts/start.ts"], { PORT: "0", STATE_DIR: stateDir, ADMIN_PASSWORD: PASSWORD });

/** Runs `npm run gc` and answers its exit code and what it printed. */
async function collect(stateDir: string, environment: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const program = run(["scripts/bootstrap.mjs", "scripts/gc.ts", ...args], {
    STATE_DIR: stateDir,
    ADMIN_PASSWORD: "",
    PORT: "",
    ...environment,
  });
  return { exitCode: await program.ended, output: program.output() };
}

async function pushBlob(url: string, bytes: string): Promise<void> {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const response = await fetch(`${url}/v2/acme/web/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString("base64")}` },
    body: bytes,
  });
  expect(response.status).toBe(201);
}

const NOTHING = "  Manifests  0\n  Blobs      0\n  Objects    0  (0 bytes)\n";
const KEPT = "What nothing needs is kept for 7 days. There are still 0 manifests and 1 blob of 1.0 KiB.\n";

test("npm run gc collects a registry that runs, or that does not", async () => {
  const stateDir = temporaryDirectory();
  const server = start(stateDir);
  const [, url = "", port = ""] = await server.printed(READY);
  await server.printed(/stops it/);
  await pushBlob(url, "x".repeat(1024));

  const unasked = await collect(stateDir, { PORT: port });
  expect(unasked).toMatchObject({ exitCode: 1, output: expect.stringContaining(`PORT=${port} npm run gc\n`) });
  expect(unasked.output).toMatch(/^The registry is running \(process \d+\)/);
  const wrong = await collect(stateDir, { PORT: port, ADMIN_PASSWORD: "wrong" });
  expect(wrong).toEqual({ exitCode: 1, output: `ADMIN_PASSWORD is not the password of admin at ${url}.\n` });
  const elsewhere = await collect(stateDir, { PORT: "1", ADMIN_PASSWORD: PASSWORD });
  expect(elsewhere).toMatchObject({ exitCode: 1, output: expect.stringMatching(/^No registry answers at .*PORT/) });
  const asked = await collect(stateDir, { PORT: port, ADMIN_PASSWORD: PASSWORD });
  expect(asked).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Collected in \d+\.\d s:\n/) });
  expect(asked.output).toContain(NOTHING);
  expect(asked.output).toContain(KEPT);

  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const dry = await collect(stateDir, {}, ["--dry-run"]);
  expect(dry).toEqual({
    exitCode: 0,
    output: `A collection would take now:\n\n${NOTHING}\n${KEPT.replace("are still", "are now")}`,
  });
  const alone = await collect(stateDir);
  expect(alone).toMatchObject({ exitCode: 0, output: expect.stringContaining(NOTHING) });
  expect(alone.output).toContain(KEPT);
});

test("npm run gc says what is wrong", async () => {
  const stateDir = temporaryDirectory();
  const usage = { exitCode: 1, output: "Usage: npm run gc [-- --dry-run]\n" };
  expect(await collect(stateDir, {}, ["--dry"])).toEqual(usage);
  expect(await collect(stateDir)).toEqual({
    exitCode: 1,
    output: `There is no registry in ${stateDir}. Is STATE_DIR set?\n`,
  });
  expect(await collect(stateDir, { GRACE_DAYS: "0" })).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("GRACE_DAYS"),
  });
});

test("what a registry holds from before it could collect waits for the first collection", () => {
  const database = new DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
  const migrations = readdirSync(join(ROOT, "migrations"))
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const [before, after] = [migrations.slice(0, 2), migrations.slice(2)];
  const apply = (name: string) => database.exec(readFileSync(join(ROOT, "migrations", name), "utf8"));
  before.forEach(apply);
  database.exec(`
    INSERT INTO blobs (id, digest, object_key, size, created_at, last_used_at)
    VALUES (1, 'named', 'blobs/1', 1, 0, 0), (2, 'alone', 'blobs/2', 1, 0, 0);
    INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at) VALUES (1, 1, 'manifest', '', 1, 0);
    INSERT INTO manifest_blobs (manifest_id, blob_id) VALUES (1, 1);`);
  after.forEach(apply);
  const select = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  expect(select("SELECT digest, is_unreferenced FROM blobs ORDER BY id")).toEqual([
    { digest: "named", is_unreferenced: 0 },
    { digest: "alone", is_unreferenced: 1 },
  ]);
  expect(select("SELECT unreferenced_since FROM manifests")).toEqual([{ unreferenced_since: 0 }]);
});
