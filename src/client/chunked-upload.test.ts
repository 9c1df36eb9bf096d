import { describe, it } from "vitest";
import type { Bytes } from "./bytes.ts";
import { appendAll, uploadBlob } from "./chunked-upload.ts";
import { digestOf } from "./hash.ts";
import { RegistryClient } from "./registry-client.ts";
import { largeLayer, streamOfBytes } from "./testing/images.ts";
import { type Fault, FakeRegistry, IMPATIENT, refusal } from "./testing/registry.ts";
import { BlobUpload, type UploadProgress } from "./blob-upload.ts";
import type { UploadSource } from "./upload-source.ts";

const KIB = 1024;
/** Small chunks, so that tests are quick. */
const LIMITS = { maxRequestBytes: 10 * KIB, maxBufferedBytes: 10 * KIB };
const BLOB = largeLayer(35 * KIB).slice(0, 35 * KIB);
const DIGEST = digestOf(BLOB);

function setting() {
  const registry = new FakeRegistry();
  const client = new RegistryClient({ url: "https://registry.example.com", fetch: registry.fetch, retry: IMPATIENT });
  const progress: UploadProgress[] = [];
  const target = { client, repository: "a/b", onProgress: (step: UploadProgress) => progress.push(step) };
  return { registry, target, progress, stored: () => registry.blobs.get("a/b")?.get(DIGEST) };
}

const SOURCES: [name: string, make: (bytes: Bytes) => UploadSource][] = [
  ["a Blob", (bytes) => new Blob([bytes])],
  ["a stream that can be opened again", (bytes) => ({ open: () => streamOfBytes(bytes, 700) })],
  ["a stream", (bytes) => streamOfBytes(bytes, 3001)],
];

/** Breaks the connection of the next request of a kind, once the registry has taken in some of its bytes. */
function cut(method: string, keepBytes: number, skip = 0): Fault {
  let left = skip;
  return (request) => {
    if (request.method !== method || left-- > 0) return undefined;
    return (async () => {
      if (keepBytes > 0) await request.process(request.body.slice(0, keepBytes));
      throw new TypeError("the connection broke");
    })();
  };
}

/** Answers the next request of a kind by a status. */
function answer(method: string, status: number, skip = 0): Fault {
  let left = skip;
  return (request) => (request.method !== method || left-- > 0 ? undefined : refusal(status, "UNKNOWN"));
}

it.for(SOURCES)("sends %s in chunks below the limit", async ([, make], { expect }) => {
  const { registry, target, stored, progress } = setting();
  const uploaded = await uploadBlob(target, { source: make(BLOB), digest: DIGEST, size: BLOB.byteLength }, LIMITS);
  expect(uploaded).toEqual({ digest: DIGEST, size: BLOB.byteLength, outcome: "uploaded" });
  expect(stored()).toEqual(BLOB);
  const patches = registry.exchanges.filter(({ method }) => method === "PATCH");
  expect(patches.map(({ size }) => size)).toEqual([10 * KIB, 10 * KIB, 10 * KIB, 5 * KIB]);
  expect(patches.map(({ headers }) => headers.get("Content-Range"))).toEqual([
    "0-10239",
    "10240-20479",
    "20480-30719",
    "30720-35839",
  ]);
  expect(progress.map(({ acknowledged }) => acknowledged)).toEqual([10240, 20480, 30720, 35840, 35840]);
});

it.for(SOURCES)("finds out the digest of %s", async ([, make], { expect }) => {
  const { target, stored } = setting();
  const uploaded = await uploadBlob(target, { source: make(BLOB) }, LIMITS);
  expect(uploaded).toEqual({ digest: DIGEST, size: BLOB.byteLength, outcome: "uploaded" });
  expect(stored()).toEqual(BLOB);
});

it.for([0, 1, 100])("sends a blob of %i bytes in one request", async (size, { expect }) => {
  const { registry, target } = setting();
  const bytes = BLOB.slice(0, size);
  await uploadBlob(target, { source: new Blob([bytes]), digest: digestOf(bytes), size }, LIMITS);
  expect(registry.blobs.get("a/b")?.get(digestOf(bytes))).toEqual(bytes);
  expect(registry.exchanges.map(({ method }) => method)).toEqual(["POST", "PUT"]);
});

it("sends nothing that the repository has", async ({ expect }) => {
  const { registry, target } = setting();
  registry.addBlob("a/b", BLOB);
  const { outcome } = await uploadBlob(target, { source: new Blob([BLOB]), digest: DIGEST }, LIMITS);
  expect(outcome).toBe("present");
  expect(registry.exchanges.map(({ method }) => method)).toEqual(["POST"]);
});

it("sends nothing that can be mounted", async ({ expect }) => {
  const { registry, target, stored } = setting();
  registry.addBlob("other/image", BLOB);
  const blob = { source: new Blob([BLOB]), digest: DIGEST, mountFrom: "other/image" };
  expect(await uploadBlob(target, blob, LIMITS)).toMatchObject({ outcome: "present" });
  expect(stored()).toEqual(BLOB);
});

it.for([
  ["a connection breaks before anything came", () => cut("PATCH", 0)],
  ["a connection breaks after the first byte", () => cut("PATCH", 1)],
  ["a connection breaks in the middle of a chunk", () => cut("PATCH", 4000)],
  ["a connection breaks in the middle of a later chunk", () => cut("PATCH", 1, 2)],
  ["the answer to a chunk is lost", () => cut("PATCH", Infinity, 1)],
  ["the answer to the last chunk is lost", () => cut("PATCH", Infinity, 3)],
  ["the answer to the end is lost", () => cut("PUT", Infinity)],
  ["the end does not arrive", () => cut("PUT", 0)],
  ["the opening is lost", () => cut("POST", 0)],
  ["the registry fails", () => answer("PATCH", 500, 1)],
  ["the registry fails at the end", () => answer("PUT", 503)],
  ["the registry is busy with a connection that is dead", () => answer("PATCH", 416, 1)],
  ["the registry wants to be left alone", () => answer("PATCH", 429)],
] as const)("goes on when %s", async ([, makeFault], { expect }) => {
  for (const [, make] of SOURCES) {
    const { registry, target, stored } = setting();
    registry.faults.push(makeFault(), cut("GET", 0));
    await uploadBlob(target, { source: make(BLOB), digest: DIGEST, size: BLOB.byteLength }, LIMITS);
    expect(stored()).toEqual(BLOB);
  }
});

it("comes to its end however often the connection breaks, as long as something comes through", async ({ expect }) => {
  const { registry, target, stored } = setting();
  for (let at = 0; at < 30; at += 1) registry.faults.push(cut("PATCH", 1000));
  await uploadBlob(target, { source: streamOfBytes(BLOB), digest: DIGEST }, LIMITS);
  expect(stored()).toEqual(BLOB);
});

it("gives up when nothing comes through any more, and takes the upload back", async ({ expect }) => {
  const { registry, target } = setting();
  for (let at = 0; at < 20; at += 1) registry.faults.push(cut("PATCH", 0));
  await expect(uploadBlob(target, { source: new Blob([BLOB]), digest: DIGEST }, LIMITS)).rejects.toMatchObject({
    name: "NetworkLost",
  });
  expect(registry.asked("PATCH")).toHaveLength(IMPATIENT.attempts);
  expect(registry.uploads.size).toBe(0);
});

it("tells how much is there, and takes back what a broken connection lost", async ({ expect }) => {
  const { registry, target, progress } = setting();
  registry.faults.push(cut("PATCH", 4000, 1));
  await uploadBlob(target, { source: new Blob([BLOB]), digest: DIGEST }, LIMITS);
  const acknowledged = progress.map((step) => step.acknowledged);
  expect(acknowledged).toEqual(acknowledged.toSorted((one, other) => one - other));
  expect(acknowledged).toContain(14240);
});

it("goes on with less when a proxy calls a chunk too large", async ({ expect }) => {
  const { registry, target } = setting();
  const blob = largeLayer(600 * KIB);
  const digest = digestOf(blob);
  const proxied = registry.fetch;
  const client = new RegistryClient({
    url: "https://registry.example.com",
    retry: IMPATIENT,
    fetch: async (url, init) => {
      const size =
        init.body instanceof Blob ? init.body.size : init.body instanceof Uint8Array ? init.body.byteLength : 0;
      return size > 150 * KIB ? new Response("<title>413</title>", { status: 413 }) : proxied(url, init);
    },
  });
  await uploadBlob({ ...target, client }, { source: new Blob([blob]), digest }, { maxRequestBytes: 500 * KIB });
  expect(registry.blobs.get("a/b")?.get(digest)).toEqual(blob);
  expect(Math.max(...registry.exchanges.map(({ size }) => size))).toBeLessThanOrEqual(150 * KIB);
});

it("keeps to the sizes that the registry asks for", async ({ expect }) => {
  const { registry, target } = setting();
  registry.openHeaders = { "OCI-Chunk-Min-Length": "3000", "OCI-Chunk-Max-Length": "8000" };
  await uploadBlob(target, { source: new Blob([BLOB]), digest: DIGEST }, LIMITS);
  const patches = registry.exchanges.filter(({ method }) => method === "PATCH");
  expect(patches.map(({ size }) => size)).toEqual([6000, 6000, 6000, 6000, 6000, 5840]);
});

const forget: (registry: FakeRegistry) => Fault = (registry) => (request) => {
  if (request.method !== "PATCH" || registry.asked("PATCH").length !== 3) return undefined;
  registry.uploads.clear();
  return request.process();
};

it("begins again when the registry has forgotten the upload, and the source can be read again", async ({ expect }) => {
  for (const [, make] of SOURCES.slice(0, 2)) {
    const { registry, target, stored } = setting();
    registry.faults.push(forget(registry));
    await uploadBlob(target, { source: make(BLOB) }, LIMITS);
    expect(stored()).toEqual(BLOB);
    expect(registry.asked("POST")).toHaveLength(2);
  }
});

it("says so when it cannot begin again", async ({ expect }) => {
  const { registry, target } = setting();
  registry.faults.push(forget(registry));
  await expect(uploadBlob(target, { source: streamOfBytes(BLOB) }, LIMITS)).rejects.toMatchObject({
    name: "UploadLost",
  });
});

it("refuses a source of another size before it becomes a blob", async ({ expect }) => {
  const { registry, target } = setting();
  for (const size of [100, BLOB.byteLength + 1]) {
    await expect(uploadBlob(target, { source: streamOfBytes(BLOB), digest: DIGEST, size }, LIMITS)).rejects.toThrow(
      `the blob has ${BLOB.byteLength} bytes in place of ${size}`,
    );
  }
  expect(registry.asked("PUT")).toEqual([]);
  expect(registry.uploads.size).toBe(0);
});

it("passes on what the registry says of a wrong digest", async ({ expect }) => {
  const { target } = setting();
  const digest = `sha256:${"0".repeat(64)}`;
  await expect(uploadBlob(target, { source: new Blob([BLOB]), digest }, LIMITS)).rejects.toMatchObject({
    status: 400,
    code: "DIGEST_INVALID",
  });
});

it("stops when it is told to, takes the upload back and lets go of the source", async ({ expect }) => {
  const { registry, target } = setting();
  const stop = new AbortController();
  let isReleased = false;
  const source = new ReadableStream<Bytes>({
    pull: (controller) => controller.enqueue(new Uint8Array(5 * KIB)),
    cancel: () => {
      isReleased = true;
    },
  });
  const onProgress = ({ acknowledged }: UploadProgress) => acknowledged > 50 * KIB && stop.abort(new Error("enough"));
  const upload = uploadBlob({ ...target, signal: stop.signal, onProgress }, { source }, LIMITS);
  await expect(upload).rejects.toThrow("enough");
  expect(isReleased).toBe(true);
  expect(registry.asked("DELETE")).toHaveLength(1);
  expect(registry.uploads.size).toBe(0);
});

it("passes on what fails at the source", async ({ expect }) => {
  const { registry, target } = setting();
  const source = new ReadableStream<Bytes>({ pull: () => Promise.reject(new Error("the disk is gone")) });
  await expect(uploadBlob(target, { source }, LIMITS)).rejects.toThrow("the disk is gone");
  expect(registry.uploads.size).toBe(0);
});

it("adds to an upload that another finishes", async ({ expect }) => {
  const { registry, target, stored } = setting();
  const session = await BlobUpload.open(target);
  if (session === "mounted") throw new Error("nothing to mount was named");
  expect(await appendAll(session, streamOfBytes(BLOB.slice(0, 20_000)), LIMITS)).toBe(20_000);
  const resumed = BlobUpload.resume(target, session.location, session.offset);
  registry.faults.push(cut("PATCH", 100));
  expect(await appendAll(resumed, streamOfBytes(BLOB.slice(20_000)), LIMITS)).toBe(BLOB.byteLength - 20_000);
  await resumed.finish(DIGEST);
  expect(stored()).toEqual(BLOB);
});

it("finishes an upload of one byte whose answer was lost", async ({ expect }) => {
  const { registry, target } = setting();
  const session = await BlobUpload.open(target);
  if (session === "mounted") throw new Error("nothing to mount was named");
  registry.faults.push(cut("PATCH", 1));
  const byte = BLOB.slice(0, 1);
  await session.write(byte);
  await session.finish(digestOf(byte));
  expect(registry.blobs.get("a/b")?.get(digestOf(byte))).toEqual(byte);
});

/** Sends with a bookmark until the network is lost after two chunks. @returns what is left to go on with. */
async function interrupted({ registry, target }: ReturnType<typeof setting>, source: UploadSource) {
  let location: string | undefined;
  const bookmark = { location: undefined, keep: (left: string | undefined) => (location = left) };
  const lose: Fault = () =>
    registry.asked("PATCH").length > 2 ? Promise.reject(new TypeError("the network is gone")) : undefined;
  registry.faults.push(...Array.from({ length: 50 }, () => lose));
  const failure = await uploadBlob(target, { source, bookmark }, LIMITS).catch((error: unknown) => error);
  if (!(failure instanceof Error && failure.message.includes("the connection failed"))) {
    throw new Error("the network was not lost", { cause: failure });
  }
  registry.faults.length = 0;
  registry.exchanges.length = 0;
  return location;
}

describe("a bookmark", () => {
  it.for(SOURCES.slice(0, 2))("lets another run go on with %s where the registry is", async ([, make], { expect }) => {
    const state = setting();
    const location = await interrupted(state, make(BLOB));
    expect(location).toBeDefined();
    const kept: (string | undefined)[] = [];
    const bookmark = { location, keep: (left: string | undefined) => kept.push(left) };
    const uploaded = await uploadBlob(state.target, { source: make(BLOB), bookmark }, LIMITS);
    expect(uploaded).toEqual({ digest: DIGEST, size: BLOB.byteLength, outcome: "uploaded" });
    expect(state.stored()).toEqual(BLOB);
    const sent = state.registry.exchanges.filter(({ method }) => method === "PATCH");
    expect(sent.map(({ headers }) => headers.get("Content-Range"))).toEqual(["20480-30719", "30720-35839"]);
    expect(state.registry.asked("POST")).toHaveLength(0);
    expect(kept.at(-1)).toBeUndefined();
  });

  it("of an upload that the registry has forgotten begins anew", async ({ expect }) => {
    const state = setting();
    const location = await interrupted(state, new Blob([BLOB]));
    state.registry.uploads.clear();
    const bookmark = { location, keep: () => undefined };
    await uploadBlob(state.target, { source: new Blob([BLOB]), bookmark }, LIMITS);
    expect(state.stored()).toEqual(BLOB);
  });

  it("of other bytes, or of more than there are, begins anew", async ({ expect }) => {
    const other = BLOB.slice().fill(7, 0, 100);
    for (const source of [other, BLOB.slice(0, 15 * KIB)]) {
      const state = setting();
      const location = await interrupted(state, new Blob([BLOB]));
      const bookmark = { location, keep: () => undefined };
      const uploaded = await uploadBlob(state.target, { source: new Blob([source]), bookmark }, LIMITS);
      expect(uploaded.digest).toBe(digestOf(source));
      expect(state.registry.uploads.size).toBe(0);
    }
  });

  it("is forgotten when somebody cancels", async ({ expect }) => {
    const { registry, target } = setting();
    const stop = new AbortController();
    const kept: (string | undefined)[] = [];
    const bookmark = { location: undefined, keep: (left: string | undefined) => kept.push(left) };
    const onProgress = ({ acknowledged }: UploadProgress) => acknowledged > 10 * KIB && stop.abort(new Error("enough"));
    const upload = uploadBlob(
      { ...target, signal: stop.signal, onProgress },
      { source: new Blob([BLOB]), bookmark },
      LIMITS,
    );
    await expect(upload).rejects.toThrow("enough");
    expect(kept.at(-1)).toBeUndefined();
    expect(kept.length).toBeGreaterThan(1);
    expect(registry.uploads.size).toBe(0);
  });
});
