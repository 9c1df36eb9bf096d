/** The client of `src/client` against a real `npm start`, over connections that break and through restarts. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { downloadBlob } from "../../src/client/blob-download.ts";
import { uploadBlob } from "../../src/client/chunked-upload.ts";
import { contentsOf } from "../../src/client/testing/images.ts";
import { RegistryClient } from "../../src/client/registry-client.ts";
import { BlobUpload } from "../../src/client/blob-upload.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { MIB, randomBytes } from "../support/image-layouts.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  startServer,
  USER,
  type Server,
} from "../support/server.ts";

/** A restart takes its time on a busy machine. */
const TIMEOUT_MS = 120_000;
const PATIENT = { attempts: 100, delayMs: 100, maxDelayMs: 500 };

const stateDir = makeTemporaryDirectory();
let server: Server;

beforeAll(async () => {
  server = await startServer(stateDir);
}, TIMEOUT_MS);
afterAll(async () => {
  await server.stop();
  removeDirectory(stateDir);
});

function clientAt(url: string): RegistryClient {
  const credentials = { kind: "password", name: USER, password: PASSWORD } as const;
  return new RegistryClient({ url, credentials, retry: PATIENT, createHash });
}

function blobOf(size: number, seed: string) {
  const bytes = new Uint8Array(Buffer.concat([...randomBytes(size, seed)]));
  return { bytes, size, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}

/** What the registry has, compared with what it should have. */
async function expectStored(repository: string, { bytes, digest }: ReturnType<typeof blobOf>): Promise<void> {
  const stored = await contentsOf(downloadBlob(clientAt(server.url), repository, { digest }));
  expect(Buffer.compare(stored, bytes)).toBe(0);
}

test("goes on when connections break, in small steps if need be", { timeout: TIMEOUT_MS }, async () => {
  const proxy = await startCuttingProxy(server.port, { afterBytes: 7 * MIB });
  onTestFinished(proxy.close);
  const blob = blobOf(40 * MIB, "cut");
  const target = { client: clientAt(proxy.url), repository: "acme/cut" };
  for (const source of [new Blob([blob.bytes]), new Blob([blob.bytes]).stream()]) {
    const repository = source instanceof Blob ? "acme/cut" : "acme/cut-stream";
    const before = proxy.cuts();
    await uploadBlob({ ...target, repository }, { source, digest: blob.digest, size: blob.size, mountFrom: undefined });
    expect(proxy.cuts() - before).toBeGreaterThan(3);
    await expectStored(repository, blob);
  }
});

test("goes on after the registry was killed and started again", { timeout: TIMEOUT_MS }, async () => {
  const blob = blobOf(40 * MIB, "killed");
  let restart: Promise<void> | undefined;
  const onProgress = ({ acknowledged }: { acknowledged: number }) => {
    if (acknowledged < 15 * MIB) return;
    restart ??= (async () => {
      process.kill(server.workerdPid, "SIGKILL");
      await server.ended;
      server = await startServer(stateDir, server.port);
    })();
  };
  const target = { client: clientAt(server.url), repository: "acme/killed", onProgress };
  const uploaded = await uploadBlob(target, { source: new Blob([blob.bytes]).stream() });
  await restart;
  expect(restart).toBeDefined();
  expect(uploaded).toEqual({ digest: blob.digest, size: blob.size, outcome: "uploaded" });
  await expectStored("acme/killed", blob);
});

test("two uploads of one blob at once both arrive", { timeout: TIMEOUT_MS }, async () => {
  const blob = blobOf(12 * MIB, "twice");
  const target = { client: clientAt(server.url), repository: "acme/twice" };
  const upload = () => uploadBlob(target, { source: new Blob([blob.bytes]), digest: blob.digest, size: blob.size });
  const both = await Promise.all([upload(), upload()]);
  expect(both.map(({ digest }) => digest)).toEqual([blob.digest, blob.digest]);
  expect(await upload()).toMatchObject({ outcome: "present" });
  await expectStored("acme/twice", blob);
});

test("takes up an upload of which it knows less than is there", { timeout: TIMEOUT_MS }, async () => {
  const blob = blobOf(11 * MIB, "stale");
  const target = { client: clientAt(server.url), repository: "acme/stale" };
  const session = await BlobUpload.open(target);
  if (session === "mounted") throw new Error("nothing to mount was named");
  const start = session.location;
  await session.write(blob.bytes.subarray(0, 6 * MIB));
  // The registry answers 416, and where the upload is.
  const behind = BlobUpload.resume(target, start, 0);
  await behind.write(blob.bytes);
  await behind.finish(blob.digest);
  await expectStored("acme/stale", blob);
});

test("an upload that is stopped is gone", { timeout: TIMEOUT_MS }, async () => {
  const stop = new AbortController();
  const locations: string[] = [];
  const client = clientAt(server.url);
  const blob = blobOf(20 * MIB, "stopped");
  const spied = new RegistryClient({
    url: server.url,
    credentials: { kind: "password", name: USER, password: PASSWORD },
    createHash,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (init.method === "POST") locations.push(response.headers.get("Location") ?? "");
      return response;
    },
  });
  const onProgress = ({ acknowledged }: { acknowledged: number }) => {
    if (acknowledged > 5 * MIB) stop.abort(new Error("enough"));
  };
  const target = { client: spied, repository: "acme/stopped", signal: stop.signal, onProgress };
  await expect(uploadBlob(target, { source: new Blob([blob.bytes]) })).rejects.toThrow("enough");
  const url = locations.at(-1) ?? "";
  expect(url).toContain("/uploads/");
  const request = { method: "GET", url, scopes: ["repository:acme/stopped:pull,push"], expected: [404] };
  expect(await client.send(request, ({ status }) => status)).toBe(404);
});

test("a download goes on when connections break", { timeout: TIMEOUT_MS }, async () => {
  const blob = blobOf(30 * MIB, "download");
  const client = clientAt(server.url);
  await uploadBlob({ client, repository: "acme/download" }, { source: new Blob([blob.bytes]), digest: blob.digest });
  let cuts = 0;
  const breaking = new RegistryClient({
    url: server.url,
    credentials: { kind: "password", name: USER, password: PASSWORD },
    retry: PATIENT,
    createHash,
    fetch: async (url, init) => {
      const cut = new AbortController();
      const response = await fetch(url, { ...init, signal: AbortSignal.any([init.signal, cut.signal]) });
      if (!url.includes("/blobs/") || response.body === null || cuts >= 3) return response;
      cuts += 1;
      let passed = 0;
      const passing = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          passed += chunk.byteLength;
          if (passed > 7 * MIB) cut.abort();
          else controller.enqueue(chunk);
        },
      });
      return new Response(response.body.pipeThrough(passing), response);
    },
  });
  const stored = await contentsOf(downloadBlob(breaking, "acme/download", { digest: blob.digest, size: blob.size }));
  expect(cuts).toBe(3);
  expect(Buffer.compare(stored, blob.bytes)).toBe(0);
});
