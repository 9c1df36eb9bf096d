import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { makeTemporaryDirectory, removeDirectory, startServer, type Server } from "../support/server.ts";
import { leakedKeys, storedBlobs } from "./stored-blobs.ts";
import {
  type Answer,
  begin,
  digestOf,
  makeBlob,
  offsetOf,
  offsetOfAtLeast,
  openUpload,
  send,
  settledOffsetOf,
  withDigest,
} from "./upload-requests.ts";

/** What a client sends of a chunk, and what it would have sent. */
const SENT_BYTES = 17 * MIB;
const BLOB_BYTES = 40 * MIB + 12_345;
/** The registry stores parts of 5 MiB, so this much is safe soon after it was sent. */
const SAFE_BYTES = 10 * MIB;

const stateDir = makeTemporaryDirectory();
let server: Server;

beforeAll(async () => {
  server = await startServer(stateDir);
});
afterAll(async () => {
  await server.stop();
  removeDirectory(stateDir);
});
afterEach(async () => {
  const wrong = await wrongBlobs();
  const leaked = leakedKeys(server);
  if (wrong.length + leaked.length > 0) throw new Error(`wrong blobs: ${wrong.join()}; leaked: ${leaked.join()}`);
});

/** The digests of those rows of `blobs` whose bytes cannot be pulled as they say. */
async function wrongBlobs(): Promise<string[]> {
  const wrong: string[] = [];
  for (const { digest, size, repository } of storedBlobs(server)) {
    const { status, body } = await send(server, "GET", `/v2/${repository}/blobs/${digest}`);
    if (status !== 200 || digestOf(body) !== digest || body.byteLength !== size) wrong.push(digest);
  }
  return wrong;
}

/** Kills workerd as a power cut would, and starts the registry again on what is left. */
async function killAndRestart(): Promise<void> {
  process.kill(server.workerdPid, "SIGKILL");
  expect(await server.ended).toBe(1);
  server = await startServer(stateDir);
}

function isStored(digest: string): boolean {
  return storedBlobs(server).some((blob) => blob.digest === digest);
}

/** Sends what is missing, in one chunk, and closes the upload. */
async function goOn(upload: string, blob: { bytes: Buffer; digest: string }): Promise<void> {
  const rest = blob.bytes.subarray(await offsetOf(server, upload));
  const patched = await send(server, "PATCH", upload, rest);
  expect(patched).toMatchObject({ status: 202, headers: { range: `0-${blob.bytes.byteLength - 1}` } });
  await close(upload, blob);
}

async function close(upload: string, blob: { bytes: Buffer; digest: string }): Promise<void> {
  const closed = await send(server, "PUT", withDigest(upload, blob.digest));
  expect({ status: closed.status, body: closed.body.toString() }).toEqual({ status: 201, body: "" });
  await expectPullable(upload, blob);
}

async function expectPullable(upload: string, { digest }: { digest: string }): Promise<void> {
  const path = upload.replace(/\/uploads\/.*/, `/${digest}`);
  const { status, body } = await send(server, "GET", path);
  expect({ status, digest: digestOf(body) }).toEqual({ status: 200, digest });
}

/** The connection ended, maybe with the front's word that it did. */
async function expectBrokenOff(answer: Promise<Answer | undefined>): Promise<void> {
  expect((await answer)?.status ?? 503).toBe(503);
}

/** Both ways to send a body: its length beforehand, or not at all. */
const FRAMINGS = [
  { framing: "with its length", headers: (length: number) => ({ "content-length": length }) },
  { framing: "without its length", headers: () => ({ "transfer-encoding": "chunked" }) },
];

describe.for(FRAMINGS)("a chunk sent $framing", ({ framing, headers }) => {
  test("goes on from what the registry has, after workerd was killed in its middle", async () => {
    const blob = makeBlob(`patch killed ${framing}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/patch-killed");
    const { answer } = begin(server, "PATCH", upload, headers(BLOB_BYTES), blob.bytes.subarray(0, SENT_BYTES));
    const safe = await offsetOfAtLeast(server, upload, SAFE_BYTES);

    await killAndRestart();

    await expectBrokenOff(answer);
    expect(isStored(blob.digest)).toBe(false);
    const offset = await offsetOf(server, upload);
    expect(offset).toBeGreaterThanOrEqual(safe);
    expect(offset).toBeLessThanOrEqual(SENT_BYTES);
    await goOn(upload, blob);
  });

  test("goes on from what the registry has, after the client vanished in its middle", async () => {
    const blob = makeBlob(`client gone ${framing}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/client-gone");
    const { request } = begin(server, "PATCH", upload, headers(BLOB_BYTES), blob.bytes.subarray(0, SENT_BYTES));
    const safe = await offsetOfAtLeast(server, upload, SAFE_BYTES);

    request.destroy();

    const offset = await settledOffsetOf(server, upload);
    expect(offset).toBeGreaterThanOrEqual(safe);
    expect(offset).toBeLessThanOrEqual(SENT_BYTES);
    expect(isStored(blob.digest)).toBe(false);
    await goOn(upload, blob);
  });

  test("can be the last, in a closing PUT in whose middle workerd was killed", async () => {
    const blob = makeBlob(`closing put killed ${framing}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/closing-put");
    const first = blob.bytes.subarray(0, 7 * MIB);
    const patched = await send(server, "PATCH", upload, first);
    expect(patched.status).toBe(202);
    const rest = blob.bytes.subarray(first.byteLength);
    // Without a range, the address says that these bytes are not all of the blob.
    const path = withDigest(String(patched.headers.location), blob.digest);
    const { answer } = begin(server, "PUT", path, headers(rest.byteLength), rest.subarray(0, SENT_BYTES));
    const safe = await offsetOfAtLeast(server, upload, SAFE_BYTES);

    await killAndRestart();

    await expectBrokenOff(answer);
    expect(isStored(blob.digest)).toBe(false);
    expect(await offsetOf(server, upload)).toBeGreaterThanOrEqual(safe);
    await goOn(upload, blob);
  });

  test("can be the whole blob, in a PUT in whose middle workerd was killed", async () => {
    const blob = makeBlob(`whole put killed ${framing}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/whole-put");
    const path = withDigest(upload, blob.digest);
    const { answer } = begin(server, "PUT", path, headers(BLOB_BYTES), blob.bytes.subarray(0, SENT_BYTES));
    await sleep(500);

    await killAndRestart();

    await expectBrokenOff(answer);
    expect(isStored(blob.digest)).toBe(false);
    await goOn(upload, blob);
  });

  test("can be the whole blob, in a POST in whose middle workerd was killed", async () => {
    const blob = makeBlob(`post killed ${framing}`, BLOB_BYTES);
    const path = withDigest("/v2/crash/post/blobs/uploads/", blob.digest);
    const { answer } = begin(server, "POST", path, headers(BLOB_BYTES), blob.bytes.subarray(0, SENT_BYTES));
    await sleep(500);

    await killAndRestart();

    await expectBrokenOff(answer);
    expect(isStored(blob.digest)).toBe(false);
    expect((await send(server, "POST", path, blob.bytes)).status).toBe(201);
    await expectPullable("/v2/crash/post/blobs/uploads/", blob);
  });

  test("leaves nothing but the upload when the client of a whole-blob PUT vanishes", async () => {
    const blob = makeBlob(`whole put gone ${framing}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/whole-put-gone");
    const path = withDigest(upload, blob.digest);
    const { request } = begin(server, "PUT", path, headers(BLOB_BYTES), blob.bytes.subarray(0, SENT_BYTES));
    await sleep(500);

    request.destroy();

    await settledOffsetOf(server, upload);
    expect(isStored(blob.digest)).toBe(false);
    await goOn(upload, blob);
  });
});

describe("an upload whose chunks are all there", () => {
  test("can be closed after workerd was killed", async () => {
    const blob = makeBlob("between patch and put", BLOB_BYTES);
    const upload = await openUpload(server, "crash/between");
    expect((await send(server, "PATCH", upload, blob.bytes)).status).toBe(202);

    await killAndRestart();

    expect(await offsetOf(server, upload)).toBe(BLOB_BYTES);
    await close(upload, blob);
  });

  test("is still checked after workerd was killed, and the hash of its bytes with it", async () => {
    const blob = makeBlob("wrong digest", BLOB_BYTES);
    const other = makeBlob("another blob", 1000);
    const upload = await openUpload(server, "crash/wrong-digest");
    expect((await send(server, "PATCH", upload, blob.bytes)).status).toBe(202);

    await killAndRestart();

    const refused = await send(server, "PUT", withDigest(upload, other.digest));
    expect({ status: refused.status, body: refused.body.toString() }).toEqual({
      status: 400,
      body: expect.stringContaining("DIGEST_INVALID"),
    });
    expect(isStored(other.digest) || isStored(blob.digest)).toBe(false);
  });

  // From before the parts are put together until after the row is written.
  test.for([0, 10, 25, 50, 100])("can be closed again when workerd was killed %d ms after the PUT", async (delay) => {
    const blob = makeBlob(`closing ${delay}`, BLOB_BYTES);
    const upload = await openUpload(server, "crash/closing");
    expect((await send(server, "PATCH", upload, blob.bytes)).status).toBe(202);
    const { request } = begin(server, "PUT", withDigest(upload, blob.digest), { "content-length": 0 }, Buffer.alloc(0));
    request.end();
    await sleep(delay);

    await killAndRestart();

    await close(upload, blob);
  });

  test("is a blob for good once the PUT was answered", async () => {
    const blob = makeBlob("answered", BLOB_BYTES);
    const upload = await openUpload(server, "crash/answered");
    expect((await send(server, "PATCH", upload, blob.bytes)).status).toBe(202);
    expect((await send(server, "PUT", withDigest(upload, blob.digest))).status).toBe(201);

    await killAndRestart();

    expect(isStored(blob.digest)).toBe(true);
    await expectPullable(upload, blob);
  });
});

test("uploads at once are all continued after workerd was killed", async () => {
  const uploads = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const blob = makeBlob(`at once ${number}`, BLOB_BYTES);
      const upload = await openUpload(server, `crash/at-once-${number}`);
      begin(server, "PATCH", upload, { "transfer-encoding": "chunked" }, blob.bytes.subarray(0, SENT_BYTES));
      return { blob, upload, safe: await offsetOfAtLeast(server, upload, SAFE_BYTES) };
    }),
  );

  await killAndRestart();

  for (const { blob, upload, safe } of uploads) {
    expect(await offsetOf(server, upload)).toBeGreaterThanOrEqual(safe);
    await goOn(upload, blob);
  }
});

test("a small chunk that was answered is not lost, though it fills no part", async () => {
  const blob = makeBlob("small chunks", 3 * MIB);
  const upload = await openUpload(server, "crash/small");
  expect((await send(server, "PATCH", upload, blob.bytes.subarray(0, MIB))).status).toBe(202);

  await killAndRestart();

  expect(await offsetOf(server, upload)).toBe(MIB);
  await goOn(upload, blob);
});

describe("a body that is not what its Content-Range announced", () => {
  const CHUNKED = { "transfer-encoding": "chunked" };

  test("is refused when it is shorter, and the upload goes on from its true end", async () => {
    const blob = makeBlob("shorter", BLOB_BYTES);
    const upload = await openUpload(server, "crash/shorter");
    const headers = { ...CHUNKED, "content-range": `0-${BLOB_BYTES - 1}` };

    const refused = await send(server, "PATCH", upload, blob.bytes.subarray(0, SENT_BYTES), headers);

    expect({ status: refused.status, body: refused.body.toString() }).toEqual({
      status: 400,
      body: expect.stringContaining("SIZE_INVALID"),
    });
    expect(await offsetOf(server, upload)).toBeLessThanOrEqual(SENT_BYTES);
    await goOn(upload, blob);
  });

  test("is refused when it is longer, and the upload goes on from its true end", async () => {
    const blob = makeBlob("longer", BLOB_BYTES);
    const upload = await openUpload(server, "crash/longer");
    const headers = { ...CHUNKED, "content-range": `0-${SAFE_BYTES - 1}` };

    const refused = await send(server, "PATCH", upload, blob.bytes.subarray(0, SENT_BYTES), headers);

    expect({ status: refused.status, body: refused.body.toString() }).toEqual({
      status: 400,
      body: expect.stringContaining("SIZE_INVALID"),
    });
    expect(await offsetOf(server, upload)).toBeLessThanOrEqual(SAFE_BYTES);
    await goOn(upload, blob);
  });

  test("is refused when it starts elsewhere, however large it is, and changes nothing", async () => {
    const blob = makeBlob("elsewhere", BLOB_BYTES);
    const upload = await openUpload(server, "crash/elsewhere");
    expect((await send(server, "PATCH", upload, blob.bytes.subarray(0, MIB))).status).toBe(202);
    const headers = { "content-range": `${2 * MIB}-${BLOB_BYTES - 1}` };

    const refused = await send(server, "PATCH", upload, blob.bytes.subarray(2 * MIB), headers);

    expect(refused).toMatchObject({ status: 416, headers: { range: `0-${MIB - 1}` } });
    await goOn(upload, blob);
  });
});
