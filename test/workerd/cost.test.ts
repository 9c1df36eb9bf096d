/**
 * What a push and a pull ask of the platform, row by row. docs/limits-and-cost.md says what that costs, so a change that asks for more, or
 * for less, changes the numbers in test/support/cost.ts and that document.
 */
import { expect, it } from "vitest";
import { PULL, PUSH } from "../support/cost.ts";
import { startIsolate } from "../support/workerd/isolates.ts";
import { type Client, newAccount, newOrganization, tokenFor } from "../support/workerd/managing-clients.ts";
import { WorkersCache } from "../support/workerd/workers-cache.ts";
import { operationsOf } from "../support/workerd/operations.ts";
import {
  type Descriptor,
  digestOf,
  fetchAnonymously,
  OCI_MANIFEST,
  streamOf,
} from "../support/workerd/registry-requests.ts";

const LAYERS = 10;
/** More than what the memory of an isolate keeps. */
const LAYER_BYTES = 100_000;
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

type Fetch = typeof fetchAnonymously;

/** What docker sends for an image: `first` to `last` of its layers are others than those of every image. */
async function push(fetch: Fetch, repository: string, tag: string, changed: number): Promise<void> {
  await fetch("/v2/");
  const bodies = Array.from({ length: LAYERS }, (_, at) =>
    bytesOf(at < LAYERS - changed ? `base ${at}` : `${tag} ${at}`),
  );
  const config = bytesOf(
    `{"architecture":"amd64","os":"linux","created":"${tag}","rootfs":{"type":"layers","diff_ids":[]}}`,
    0,
  );
  for (const bytes of [...bodies, config]) {
    if ((await fetch(`/v2/${repository}/blobs/${digestOf(bytes)}`, { method: "HEAD" })).status === 200) continue;
    const opened = await fetch(`/v2/${repository}/blobs/uploads/`, { method: "POST" });
    const sent = await fetch(opened.headers.get("Location") ?? "", { method: "PATCH", body: streamOf(bytes) });
    const end = `${sent.headers.get("Location") ?? ""}?digest=${digestOf(bytes)}`;
    expect((await fetch(end, { method: "PUT" })).status).toBe(201);
  }
  const descriptor = (bytes: Uint8Array, mediaType: string): Descriptor => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config, "application/vnd.oci.image.config.v1+json"),
    layers: bodies.map((bytes) => descriptor(bytes, LAYER_TYPE)),
  };
  const headers = { "Content-Type": OCI_MANIFEST };
  const put = await fetch(`/v2/${repository}/manifests/${tag}`, {
    method: "PUT",
    headers,
    body: JSON.stringify(manifest),
  });
  expect(put.status).toBe(201);
}

async function pull(fetch: Fetch, repository: string, tag: string): Promise<void> {
  await fetch("/v2/");
  const headers = { Accept: OCI_MANIFEST };
  const head = await fetch(`/v2/${repository}/manifests/${tag}`, { method: "HEAD", headers });
  const digest = head.headers.get("Docker-Content-Digest") ?? "";
  const manifest = await fetch(`/v2/${repository}/manifests/${digest}`, { headers });
  const { config, layers }: { config: Descriptor; layers: Descriptor[] } = await manifest.json();
  for (const blob of [config, ...layers]) {
    const response = await fetch(`/v2/${repository}/blobs/${blob.digest}`);
    expect((await response.arrayBuffer()).byteLength).toBe(blob.size);
  }
}

function bytesOf(text: string, least = LAYER_BYTES): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text.padEnd(least, ".")));
}

/** Sends requests with a token that is asked for first, as docker does, and counts them. */
function counted(fetch: Fetch, client: Client, repository: string) {
  let requests = 1;
  const token = tokenFor(client, `repository:${repository}:pull,push`);
  const send: Fetch = async (path, init) => {
    requests += 1;
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${await token}`);
    return fetch(path, { ...init, headers });
  };
  return { send, requests: () => requests };
}

it("a push and a pull ask for what their cost is computed from", async () => {
  const { administrator: client } = await newAccount();
  const repository = `${await newOrganization(client)}/web`;
  const before = counted(fetchAnonymously, client, repository);
  await push(before.send, repository, "v1", 2);

  let pushed = 0;
  const ofPush = await operationsOf(async () => {
    const { send, requests } = counted(fetchAnonymously, client, repository);
    await push(send, repository, "v2", 2);
    pushed = requests();
  });
  let pulled = 0;
  // An isolate that remembers nothing, and a cache that has nothing. The requests that the Worker makes of its own entrypoint behind the
  // cache are billed, too.
  const cache = new WorkersCache();
  const location = cache.openLocation();
  const isolate = await startIsolate(cache, {
    fetch: (request, answer) => {
      pulled += 1;
      return location.fetch(request, answer);
    },
  });
  const ofPull = await operationsOf(async () => {
    const { send, requests } = counted((path, init) => isolate.fetch(path, init), client, repository);
    await pull(send, repository, "v2");
    pulled += requests();
  });
  expect({ push: { ...ofPush, requests: pushed }, pull: { ...ofPull, requests: pulled } }).toEqual({
    push: PUSH,
    pull: PULL,
  });
});
