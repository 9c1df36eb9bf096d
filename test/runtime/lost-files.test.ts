/** What kills and a file system leave behind: files that nothing names, and notes of files that are gone. */
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { sweep, sweepSessions } from "../../scripts/local/sweep.ts";
import { MIB } from "../support/image-layouts.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  type Server,
  startServer,
  USER,
} from "../support/server.ts";

const AUTHORIZATION = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
const REPOSITORY = "/v2/swept/image";
const PART_BYTES = 5 * MIB;

const stateDir = makeTemporaryDirectory();
const data = join(stateDir, "data");
let server: Server;
afterAll(async () => {
  await server.stop();
  removeDirectory(stateDir);
});

/** @param isStreamed leaves out how long the body is. */
async function send(method: string, path: string, body?: Buffer, isStreamed = false): Promise<Response> {
  const response = await fetch(new URL(path, server.url), {
    method,
    headers: { Authorization: AUTHORIZATION },
    ...(body &&
      (isStreamed
        ? { body: new Blob([new Uint8Array(body)]).stream(), duplex: "half" }
        : { body: new Uint8Array(body) })),
  });
  if (response.status >= 500) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function openUpload(): Promise<string> {
  const location = (await send("POST", `${REPOSITORY}/blobs/uploads/`)).headers.get("Location");
  if (location === null) throw new Error("no place to upload to");
  return location;
}

/** Pushes as docker does: what is there is not sent. */
async function push(bytes: Buffer): Promise<"sent" | "skipped"> {
  const path = `${REPOSITORY}/blobs/${digestOf(bytes)}`;
  if ((await send("HEAD", path)).status === 200) return "skipped";
  const location = await openUpload();
  expect((await send("PATCH", location, bytes)).status).toBe(202);
  expect((await send("PUT", `${location}?digest=${digestOf(bytes)}`)).status).toBe(201);
  return "sent";
}

async function pull(bytes: Buffer): Promise<number | "intact" | "broken"> {
  const response = await send("GET", `${REPOSITORY}/blobs/${digestOf(bytes)}`);
  if (response.status !== 200) return response.status;
  try {
    return bytes.equals(Buffer.from(await response.arrayBuffer())) ? "intact" : "broken";
  } catch {
    return "broken";
  }
}

function objectFiles(): string[] {
  return globSync(join(data, "r2", "*", "blobs", "*"));
}

/** The one file of R2 that has so many bytes. */
function fileOf(bytes: number): string {
  const files = objectFiles().filter((file) => statSync(file).size === bytes);
  if (files.length !== 1 || files[0] === undefined) throw new Error(`${files.length} files of ${bytes} bytes`);
  return files[0];
}

function sessionFiles(): string[] {
  return globSync(join(data, "do", "*UploadSession", "*.sqlite*")).filter((file) => !file.includes("metadata.sqlite"));
}

async function restart(lose: () => void): Promise<void> {
  await server.stop();
  lose();
  server = await startServer(stateDir);
}

test("files that are lost heal by the next push, and files that nothing needs go", async () => {
  server = await startServer(stateDir);
  const small = randomBytes(1001);
  const large = randomBytes(2 * PART_BYTES + 1002);
  const untouched = randomBytes(1003);
  for (const bytes of [small, large, untouched]) expect(await push(bytes)).toBe("sent");

  // The file alone is gone while the registry runs: of an object of one file, of its first part, of its last one.
  rmSync(fileOf(1001));
  expect((await send("HEAD", `${REPOSITORY}/blobs/${digestOf(small)}`)).status).toBe(404);
  expect(await push(small)).toBe("sent");
  expect(await pull(small)).toBe("intact");
  rmSync(fileOf(1002));
  expect(await pull(large)).toBe("broken");
  expect(await pull(large)).toBe(404);
  expect(await push(large)).toBe("sent");
  expect(await pull(large)).toBe("intact");
  for (const file of objectFiles()) if (statSync(file).size === PART_BYTES) rmSync(file);
  expect(await pull(large)).toBe(404);
  expect(await push(large)).toBe("sent");

  // The same while it does not run, and what a kill leaves: bytes without a note.
  const location = await openUpload();
  expect((await send("PATCH", location, Buffer.alloc(100))).status).toBe(202);
  await restart(() => {
    for (const bytes of [1001, 1002]) rmSync(fileOf(bytes));
    writeFileSync(join(dirname(fileOf(1003)), "f".repeat(32)), "left by a kill");
  });
  expect(server.output()).toContain("2 objects have lost their files");
  for (const bytes of [small, large]) {
    expect((await send("HEAD", `${REPOSITORY}/blobs/${digestOf(bytes)}`)).status).toBe(404);
    expect(await push(bytes)).toBe("sent");
    expect(await pull(bytes)).toBe("intact");
  }
  expect(await push(untouched)).toBe("skipped");
  expect(await pull(untouched)).toBe("intact");
  // One file each of the small ones, three of the large one, and none that nothing names.
  expect(
    objectFiles()
      .map((file) => statSync(file).size)
      .sort((one, other) => one - other),
  ).toEqual([1001, 1002, 1003, PART_BYTES, PART_BYTES]);
  // An upload that is under way goes on.
  const status = await send("GET", location);
  expect(status.headers.get("Range")).toBe("0-99");
});

test("files of uploads that have ended are removed, and no others", async () => {
  const location = await openUpload();
  const before = new Set(sessionFiles());
  expect((await send("PATCH", location, Buffer.alloc(100))).status).toBe(202);
  const [session = ""] = sessionFiles().filter((file) => !before.has(file));
  for (let refused = 0; refused < 5; refused += 1) {
    const path = `${REPOSITORY}/blobs/uploads/?digest=${digestOf(Buffer.from("other"))}`;
    // Without a length, so that it takes a session.
    expect((await send("POST", path, Buffer.alloc(100), true)).status).toBe(400);
  }
  await server.stop();
  const removed = sweepSessions(data);
  expect(removed).toBeGreaterThanOrEqual(5);
  expect(sessionFiles()).toContain(session);
  expect(sweepSessions(data)).toBe(0);
  server = await startServer(stateDir);
  expect((await send("GET", location)).headers.get("Range")).toBe("0-99");
});

describe("a session's file that a killed process has left in the middle of a transaction", () => {
  /** Bytes enough that SQLite writes pages before the transaction ends. */
  const ROWS = 20_000;
  const folder = join(makeTemporaryDirectory(), "data");
  const place = join(folder, "do", "berth-UploadSession");
  afterAll(() => removeDirectory(dirname(folder)));

  /** Copies a database while a transaction is under way, as a kill leaves it on the disk. */
  function leaveHalfDone(name: string, definition: string) {
    const original = join(place, `${name}-original`);
    const database = new DatabaseSync(original);
    database.exec(`PRAGMA journal_mode = DELETE; PRAGMA cache_size = 10; ${definition}; BEGIN`);
    const insert = database.prepare("INSERT INTO pages (text) VALUES (?)");
    for (let row = 0; row < ROWS; row += 1) insert.run("x".repeat(100));
    copyFileSync(original, join(place, `${name}.sqlite`));
    copyFileSync(`${original}-journal`, join(place, `${name}.sqlite-journal`));
    database.close();
    rmSync(original);
  }

  test.for(["metadata", "0123456789abcdef"])(
    "%s.sqlite is left alone by a running registry, and mended by the next start",
    (name) => {
      mkdirSync(place, { recursive: true });
      const isMetadata = name === "metadata";
      leaveHalfDone(
        name,
        `CREATE TABLE pages (text); CREATE TABLE ${isMetadata ? "_cf_ALARM (actor_id)" : "_cf_KV (key)"}`,
      );
      if (!isMetadata) new DatabaseSync(join(place, "metadata.sqlite")).close();
      expect(sweepSessions(folder)).toBe(0);
      expect(existsSync(join(place, `${name}.sqlite`))).toBe(true);
      expect(sweep(folder)).toEqual({ sessions: isMetadata ? 0 : 1, files: 0, lost: [] });
      expect(globSync(join(place, "*-journal"))).toEqual([]);
      rmSync(place, { recursive: true });
    },
  );
});
