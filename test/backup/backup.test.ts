/** Backups of registries on this machine: taken while they run and while they do not, restored, and compared. */
import { randomBytes } from "node:crypto";
import { existsSync, globSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { RECOUNTS } from "../support/recounts.ts";
import { pushBlob, pushImage, pushIndex } from "../support/server-images.ts";
import { addAccount, addReader, operatorOf } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { contentOf, isWhole, leftOver, objectFile, openDatabase, pullAll, run, select } from "./programs.ts";

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
  await pushImage(operator, "acme/web", "1");
  await pushImage(operator, "acme/web", "2");
  await pushIndex(operator, "acme/multi", "1");
  // More than what is sent in one request.
  await pushBlob(operator, "acme/large", "application/octet-stream", randomBytes(20 * 1024 * 1024));
  const other = await addAccount(server, "other");
  await pushImage(other, "elsewhere/db", "latest");
  await addReader(server, operator, "reader", "acme");
  await operator.addAccessKey();
  await operator
    .ask("POST", "/api/organizations/acme/images/web/triggers", {
      name: "hook",
      condition: { kind: "all" },
      target: { kind: "webhook", url: "https://example.com/", format: "berth", secret: "a secret of a hook" },
    })
    .catch((error: unknown) => {
      throw new Error("the trigger was not made", { cause: error });
    });
}

test("a registry that runs is backed up, and restored elsewhere with all that it had", async () => {
  const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
  const server = await startIn(source);
  await fill(server);
  const pulled = {
    web: await pullAll(operatorOf(server), "acme/web"),
    multi: await pullAll(operatorOf(server), "acme/multi"),
  };
  const first = await run("backup", [backup], { STATE_DIR: source });
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Copied now 9 /) });
  // It is this user's alone.
  expect(statSync(backup).mode & 0o777).toBe(0o700);
  expect(statSync(join(backup, "backup.json")).mode & 0o077).toBe(0);

  await pushImage(operatorOf(server), "acme/web", "3");
  const second = await run("backup", [backup], { STATE_DIR: source });
  // Only what is new.
  expect(second).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Copied now 2 .*removed 0/) });
  await server.stop();
  expect(leftOver(source)).toEqual([]);
  const stopped = await run("backup", [backup, "--verify"], { STATE_DIR: source });
  expect(stopped).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Copied now 0 /) });

  const restored = await run("restore", [backup], { STATE_DIR: target });
  expect(restored).toMatchObject({ exitCode: 0, output: expect.stringContaining("stored now 11 ") });
  expect(restored.output).toContain("need the ENCRYPTION_KEY");
  expect(leftOver(target)).toEqual([]);
  expect(contentOf(target)).toEqual(contentOf(source));
  expect(RECOUNTS.flatMap((sql) => select(target, sql))).toEqual([]);

  const again = await startIn(target);
  const operator = operatorOf(again);
  const { "3": third, ...web } = await pullAll(operator, "acme/web");
  expect(third).toBe(200);
  expect(web).toMatchObject(pulled.web);
  expect(await pullAll(operator, "acme/multi")).toEqual(pulled.multi);
  expect(Object.values(pulled.multi).every((status) => status === 200)).toBe(true);
  // It goes on as any other: what is pushed is counted, and found.
  await pushImage(operator, "acme/web", "4");
  await again.stop();
  expect(RECOUNTS.flatMap((sql) => select(target, sql))).toEqual([]);
});

test("a restore into a registry that has something is refused, unless all of it is given up", async () => {
  const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
  const server = await startIn(source);
  await pushImage(operatorOf(server), "acme/web", "1");
  await server.stop();
  expect((await run("backup", [backup], { STATE_DIR: source })).exitCode).toBe(0);
  const other = await startIn(target);
  await pushImage(operatorOf(other), "mine/own", "1");
  const running = await run("restore", [backup, "--replace"], { STATE_DIR: target });
  expect(running).toMatchObject({ exitCode: 1, output: expect.stringContaining("already running") });
  await other.stop();
  const before = contentOf(target);
  const refused = await run("restore", [backup], { STATE_DIR: target });
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining("--replace") });
  expect(contentOf(target)).toEqual(before);
  expect((await run("restore", [backup, "--replace"], { STATE_DIR: target })).exitCode).toBe(0);
  expect(contentOf(target)).toEqual(contentOf(source));
});

test("what the registry has lost or damaged is named, and can be pushed again after a restore", async () => {
  const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
  const server = await startIn(source);
  const operator = operatorOf(server);
  await pushImage(operator, "acme/web", "1");
  const bytes = randomBytes(5000);
  const damaged = await pushBlob(operator, "acme/web", "", bytes);
  const lost = await pushBlob(operator, "acme/web", "", randomBytes(6000));
  await server.stop();
  writeFileSync(objectFile(source, damaged.digest), randomBytes(5000));
  rmSync(objectFile(source, lost.digest));
  const made = await run("backup", [backup], { STATE_DIR: source });
  expect(made.exitCode).toBe(1);
  expect(made.output).toContain("2 blobs");
  for (const { digest } of [damaged, lost]) expect(made.output).toContain(digest);
  expect(isWhole(backup)).toBe(true);
  expect((await run("restore", [backup], { STATE_DIR: target })).exitCode).toBe(0);
  const again = await startIn(target);
  const path = `/v2/acme/web/blobs/${damaged.digest}`;
  expect((await operatorOf(again).send("HEAD", path)).status).toBe(404);
  await pushBlob(operatorOf(again), "acme/web", "", bytes);
  expect((await operatorOf(again).send("HEAD", path)).status).toBe(200);
  await again.stop();
});

test("a damaged backup is not restored, and mended by the next one", async () => {
  const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
  const server = await startIn(source);
  await pushImage(operatorOf(server), "acme/web", "1");
  await server.stop();
  expect((await run("backup", [backup], { STATE_DIR: source })).exitCode).toBe(0);
  const [blob = ""] = globSync(join(backup, "blobs/sha256/*/*"));
  writeFileSync(blob, randomBytes(statSync(blob).size));
  const refused = await run("restore", [backup], { STATE_DIR: target });
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(`${blob} is damaged`) });
  expect(select(target, "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'blobs'")).toEqual([{ n: 0 }]);
  const mended = await run("backup", [backup, "--verify"], { STATE_DIR: source });
  expect(mended).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Copied now 1 /) });
  const [table = ""] = globSync(join(backup, "database/*/tags.jsonl"));
  const text = readFileSync(table, "utf8");
  truncateSync(table, text.length - 10);
  const cut = await run("restore", [backup], { STATE_DIR: target });
  expect(cut).toMatchObject({ exitCode: 1, output: expect.stringContaining("tags.jsonl is damaged") });
  writeFileSync(table, text.replace(/"1"/, '"2"'));
  const changed = await run("restore", [backup], { STATE_DIR: target });
  expect(changed).toMatchObject({ exitCode: 1, output: expect.stringContaining("tags.jsonl is damaged") });
  writeFileSync(table, text);
  expect((await run("restore", [backup], { STATE_DIR: target })).exitCode).toBe(0);
  expect(contentOf(target)).toEqual(contentOf(source));
});

test("a backup of an older Berth is restored, and one of a newer is refused", async () => {
  const [source, target, backup] = [newFolder(), newFolder(), join(newFolder(), "backup")];
  const server = await startIn(source);
  await pushImage(operatorOf(server), "acme/web", "1");
  await server.stop();
  const database = openDatabase(source);
  // As if migration 0015 had not been there yet: what it made is taken away.
  database.exec(`
    DROP TRIGGER image_usage_noted; DROP TRIGGER organization_usage_noted; DROP TRIGGER IF EXISTS organization_tags_noted;
    DROP TABLE daily_image_usage; DROP TABLE daily_organization_usage;
    DELETE FROM d1_migrations WHERE name LIKE '0015%';`);
  const triggers = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE sql LIKE '%usage_changed_on%' AND type = 'trigger'")
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER "${String(name)}"`);
  database.exec(`
    ALTER TABLE repositories DROP COLUMN usage_changed_on; ALTER TABLE organizations DROP COLUMN usage_changed_on;`);
  database.close();
  expect((await run("backup", [backup], { STATE_DIR: source })).exitCode).toBe(0);
  const restored = await run("restore", [backup], { STATE_DIR: target });
  expect(restored).toMatchObject({ exitCode: 0, output: expect.stringContaining("Migrated  0015_daily_usage.sql") });
  const again = await startIn(target);
  expect((await pullAll(operatorOf(again), "acme/web"))["1"]).toBe(200);
  await again.stop();

  const index = readFileSync(join(backup, "backup.json"), "utf8");
  writeFileSync(
    join(backup, "backup.json"),
    index.replace(/"0014_\w+\.sql"/, '"0014_tag_search.sql", "9999_newer.sql"'),
  );
  const newer = await run("restore", [backup], { STATE_DIR: newFolder() });
  expect(newer).toMatchObject({ exitCode: 1, output: expect.stringContaining("9999_newer.sql") });
  writeFileSync(join(backup, "backup.json"), index.replace('"format": 1', '"format": 2'));
  const format = await run("restore", [backup], { STATE_DIR: newFolder() });
  expect(format).toMatchObject({ exitCode: 1, output: expect.stringContaining("format 2") });
});

test("a folder that is no backup is left alone", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "notes.txt"), "mine");
  const refused = await run("backup", [folder], { STATE_DIR: folder });
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining("no backup") });
  expect(existsSync(join(folder, "lock"))).toBe(false);
  const empty = await run("restore", [newFolder()], { STATE_DIR: newFolder() });
  expect(empty).toMatchObject({ exitCode: 1, output: expect.stringContaining("There is no backup") });
  const usage = await run("backup", [], { STATE_DIR: folder });
  expect(usage).toMatchObject({ exitCode: 1, output: expect.stringContaining("Usage: npm run backup") });
});
