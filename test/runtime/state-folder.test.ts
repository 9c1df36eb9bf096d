import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openStateFolder, StateUnusable } from "../../scripts/local/state-folder.ts";
import { eventually, ROOT, run, temporaryDirectory } from "./programs.ts";

const isRoot = process.getuid?.() === 0;
const modeOf = (path: string) => lstatSync(path).mode & 0o777;
/** Everything below a folder that somebody else may read or write. */
const openBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => (modeOf(join(folder, path)) & 0o077) !== 0,
  );

/** Some user that is not this one. */
const STRANGER = 65_534;

/** A file system of its own, of some MiB, that goes with the test. */
function mountTmpfs(options: string): string {
  const directory = temporaryDirectory();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", directory]);
  });
  return directory;
}

/** A body of some MiB, sent in chunks. */
function withoutLength(mebibytes: number): ReadableStream {
  return ReadableStream.from(Array.from({ length: mebibytes }, () => new Uint8Array(1024 * 1024)));
}

/** Why tests with file systems of their own are skipped here, if they are. */
function whyNoMounts(): string | undefined {
  if (process.platform !== "linux" || !isRoot) return "to mount a file system takes root, on Linux";
  try {
    const directory = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], { stdio: "pipe" });
    execFileSync("umount", [directory]);
    return undefined;
  } catch {
    return "this machine does not let a file system be mounted";
  }
}

test("a new state folder is its owner's alone", () => {
  const folder = join(temporaryDirectory(), "a", "state");
  expect(openStateFolder(folder)).toBe(folder);
  expect(modeOf(folder)).toBe(0o700);
});

test("what an older version left open is closed, and stays readable to its owner", () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "data", "d1"), { recursive: true });
  writeFileSync(join(folder, "data", "d1", "x.sqlite-wal"), "hashes");
  writeFileSync(join(folder, "secrets.json"), "{}");
  symlinkSync("/etc/hostname", join(folder, "link"));
  for (const path of ["", "data", "data/d1"]) chmodSync(join(folder, path), 0o755);
  for (const path of ["data/d1/x.sqlite-wal", "secrets.json"]) chmodSync(join(folder, path), 0o644);
  const foreign = modeOf("/etc/hostname");
  openStateFolder(folder);

  expect(["", "data", "data/d1"].map((path) => modeOf(join(folder, path)))).toEqual([0o700, 0o700, 0o700]);
  expect(["data/d1/x.sqlite-wal", "secrets.json"].map((path) => modeOf(join(folder, path)))).toEqual([0o600, 0o600]);
  expect(statSync("/etc/hostname").mode & 0o777).toBe(foreign);
});

test("everything that a running registry writes is its owner's alone", async () => {
  const stateDir = join(temporaryDirectory(), "state");
  const registry = run([join(ROOT, "scripts", "start.ts")], {
    PORT: "0",
    STATE_DIR: stateDir,
    ADMIN_PASSWORD: "not-so-secret-1",
  });
  const [, url = ""] = await registry.printed(/ready at (\S+)/, 60_000);
  const headers = { Authorization: `Basic ${Buffer.from("admin:not-so-secret-1").toString("base64")}` };
  const opened = await fetch(`${url}/v2/demo/modes/blobs/uploads/`, { method: "POST", headers });
  expect(opened.status).toBe(202);
  const location = new URL(opened.headers.get("Location") ?? "", url);
  const patched = await fetch(location, { method: "PATCH", headers, body: new Uint8Array(6_000_000) });
  expect(patched.status).toBe(202);

  expect(modeOf(stateDir)).toBe(0o700);
  const files = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
  for (const kind of [/secrets\.json$/, /d1\/.*\.sqlite-wal$/, /do\/.*\.sqlite$/, /r2\/.*\/blobs\//]) {
    expect(files.some((path) => kind.test(path))).toBe(true);
  }
  // The console is a copy of what everybody gets.
  expect(openBelow(stateDir).filter((path) => !path.startsWith("bundle/assets"))).toEqual([]);
});

test("a link of one's own is followed", () => {
  const folder = temporaryDirectory();
  const link = join(temporaryDirectory(), "state");
  symlinkSync(folder, link);
  expect(openStateFolder(link)).toBe(folder);
});

test.for([
  ["a file", (folder: string) => writeFileSync(folder, ""), /it is no folder/],
  ["below a file", (folder: string) => writeFileSync(dirname(folder), ""), /a part of its path is no folder/],
  ["a link to nowhere", (folder: string) => symlinkSync(`${folder}.gone/x`, folder), /a link that leads nowhere/],
  ["a link to itself", (folder: string) => symlinkSync(folder, folder), /its links lead in a circle/],
] as const)("a state folder that is %s is refused in a sentence", ([name, make, reason]) => {
  const folder = join(temporaryDirectory(), ...(name === "below a file" ? ["file", "state"] : ["state"]));
  make(folder);
  expect(() => openStateFolder(folder)).toThrow(StateUnusable);
  expect(() => openStateFolder(folder)).toThrow(reason);
});

test("another user's folder, or link, is refused in a sentence", ({ skip }) => {
  if (!isRoot) skip("to give a file away takes root");
  const folder = temporaryDirectory();
  chownSync(folder, STRANGER, STRANGER);
  const link = join(temporaryDirectory(), "state");
  symlinkSync(temporaryDirectory(), link);
  lchownSync(link, STRANGER, STRANGER);

  expect(() => openStateFolder(folder)).toThrow(/it belongs to another user \(id 65534; this is 0\)/);
  expect(() => openStateFolder(link)).toThrow(/the link belongs to another user/);
  expect(modeOf(folder)).toBe(0o700);
});

test("a folder that can only be read is refused in a sentence, and the program says no more", async ({ skip }) => {
  const reason = whyNoMounts();
  if (reason !== undefined) skip(reason);
  const stateDir = mountTmpfs("ro,mode=0700,size=1m");
  const registry = run([join(ROOT, "scripts", "start.ts")], { PORT: "0", STATE_DIR: stateDir });
  expect(await registry.ended).toBe(1);
  expect(registry.output().trim().split("\n").slice(-1)).toEqual([
    `The state folder ${stateDir} cannot be used: it is on a file system that can only be read. Mount that for writing, ` +
      "or set STATE_DIR to another folder.",
  ]);
  expect(registry.output()).not.toContain("    at ");
});

test("a full disk is told at once, loses nothing, and pushes go on when there is room", async ({ skip }) => {
  const reason = whyNoMounts();
  if (reason !== undefined) skip(reason);
  const disk = mountTmpfs("mode=0700,size=64m");
  const registry = run([join(ROOT, "scripts", "start.ts")], {
    PORT: "0",
    STATE_DIR: join(disk, "state"),
    ADMIN_PASSWORD: "not-so-secret-1",
  });
  const [, url = ""] = await registry.printed(/ready at (\S+)/, 60_000);
  const headers = { Authorization: `Basic ${Buffer.from("admin:not-so-secret-1").toString("base64")}` };
  /** What a request is answered, which must not take long. */
  const ask = async (method: string, path: string | URL, body?: Uint8Array<ArrayBuffer> | ReadableStream) => {
    const asked = performance.now();
    const response = await fetch(new URL(path, url), {
      method,
      headers,
      ...(body && { body, duplex: "half" }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    expect(performance.now() - asked).toBeLessThan(10_000);
    return { status: response.status, text, headers: response.headers };
  };
  const open = async () =>
    new URL((await ask("POST", "/v2/demo/full/blobs/uploads/")).headers.get("Location") ?? "", url);
  const upload = await open();
  expect((await ask("PATCH", upload, new Uint8Array(6_000_000).fill(1))).status).toBe(202);

  // An upload that says that it is too large, and one that finds room at its beginning and none at its end. Neither takes
  // what is kept for the databases: it can be deleted.
  const large = await open();
  for (const body of [new Uint8Array(64_000_000), withoutLength(64)]) {
    const refused = await ask("PATCH", large, body);
    expect(refused.status).toBe(507);
    expect(refused.text).toContain("no space left on the registry's disk");
    const { bsize, bfree } = statfsSync(disk);
    expect(bsize * bfree).toBeGreaterThan(8 * 1024 * 1024);
  }
  // The end of what was cut off may still be on its way to the disk: 416 until then.
  const deleted = await eventually(async () => {
    const answer = await ask("DELETE", large);
    return answer.status === 416 ? undefined : answer;
  });
  expect(deleted.status).toBe(204);
  // Now there is none at all.
  const filler = join(disk, "filler");
  expect(() => execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { stdio: "pipe" })).toThrow(
    "No space left",
  );
  for (const [method, path, body] of [
    ["POST", "/v2/demo/full/blobs/uploads/", undefined],
    ["PATCH", upload, new Uint8Array(10)],
    ["PUT", "/v2/demo/full/manifests/1", new Uint8Array(10)],
  ] as const) {
    const answer = await ask(method, path, body);
    expect([method, answer.status]).toEqual([method, 507]);
    expect(answer.text).toContain("no space left on the registry's disk");
  }
  expect((await ask("POST", "/api/session", new Uint8Array(10))).status).toBeLessThanOrEqual(503);
  expect(registry.output()).toMatch(/No space left: the disk of \S+ has [\d.]+ MiB free\. Pushes are refused \(507\)/);

  execFileSync("rm", [filler]);
  const status = await ask("GET", upload);
  expect([status.status, status.headers.get("Range")]).toEqual([204, "0-5999999"]);
  const goesOn = async () => {
    const answer = await ask("PATCH", upload, new Uint8Array(10).fill(2));
    return answer.status === 202 ? answer : undefined;
  };
  expect((await eventually(goesOn)).headers.get("Range")).toBe("0-6000009");
  const digest = `sha256:${createHash("sha256")
    .update(Buffer.concat([Buffer.alloc(6_000_000, 1), Buffer.alloc(10, 2)]))
    .digest("hex")}`;
  upload.searchParams.set("digest", digest);
  expect((await ask("PUT", upload)).status).toBe(201);
  expect((await ask("HEAD", `/v2/demo/full/blobs/${digest}`)).headers.get("Content-Length")).toBe("6000010");
  expect(registry.output()).toContain("There is room again");
});
