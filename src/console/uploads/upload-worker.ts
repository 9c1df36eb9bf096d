/** Reads, checks, compresses and sends archives, away from the page's own thread. */
import { ArchiveError } from "../../client/archive/archive-error.ts";
import { contentDigestOf } from "../../client/archive/archive-image.ts";
import { type Archive, readArchive } from "../../client/archive/read-archive.ts";
import { DiskChunkStore } from "../../client/disk-chunk-store.ts";
import { NetworkLost, readRefusal, RegistryRefusal } from "../../client/errors.ts";
import { fetchWithProgress } from "../../client/fetch-with-progress.ts";
import { digestOf } from "../../client/hash.ts";
import type { LayerMemory, PackedLayer } from "../../client/known-layers.ts";
import { type FindLayers, type OpenUploads, pushArchive, type PushEvent } from "../../client/push-archive.ts";
import { RegistryClient } from "../../client/registry-client.ts";
import { formatPlatform } from "../../client/remote-image.ts";
import type { components } from "../../client/api/schema.d.ts";
import type { FoundImage, UploadFailure, UploadNews, UploadOrder, UploadTarget } from "./worker-protocol.ts";

const client = new RegistryClient({
  url: location.origin,
  credentials: { kind: "session" },
  fetch: fetchWithProgress,
});
const archives = new Map<number, Archive>();
/** Where compressed layers wait to be sent. */
const chunks = DiskChunkStore.open();
/** What layers are called once they are compressed, also for the archives that come later. */
const packedLayers = new Map<string, PackedLayer>();
/** What is under way, by the number of the task. */
const running = new Map<number, AbortController>();
/** The end of the last task of each file: one that was stopped may still be letting go of the archive. */
const ends = new Map<number, Promise<void>>();

type Task = Extract<UploadOrder, { order: "read" | "push" }>;
type News<T = UploadNews> = T extends unknown ? Omit<T, "id" | "task"> : never;
type Tell = (news: News) => void;

addEventListener("message", ({ data }: MessageEvent<UploadOrder>) => {
  if (data.order === "stop") running.get(data.task)?.abort();
  else if (data.order === "forget") {
    archives.delete(data.id);
    ends.delete(data.id);
  } else {
    const before = ends.get(data.id) ?? Promise.resolve();
    const abort = new AbortController();
    running.set(data.task, abort);
    ends.set(
      data.id,
      before.then(() => carryOut(data, abort.signal)),
    );
  }
});

async function carryOut(order: Task, signal: AbortSignal): Promise<void> {
  const { id, task } = order;
  const tell: Tell = (news) => postMessage({ ...news, id, task } satisfies UploadNews);
  try {
    signal.throwIfAborted();
    if (order.order === "read") await read(order, signal, tell);
    else await push(order, signal, tell);
  } catch (error) {
    // Who stopped it knows.
    if (!signal.aborted) tell({ news: "failed", failure: describeFailure(error) });
  } finally {
    running.delete(task);
  }
}

/** The file is not the one that was chosen before. */
class OtherFile extends Error {
  override readonly name = "OtherFile";
}

async function read(order: Task & { order: "read" }, signal: AbortSignal, tell: Tell): Promise<void> {
  const { id, file, maxBytes } = order;
  const fingerprint = await fingerprintOf(file);
  if (order.fingerprint !== undefined && order.fingerprint !== fingerprint) throw new OtherFile();
  const onProgress = (fraction: number) => tell({ news: "reading", fraction });
  const archive = await readArchive(file, { maxBytes, signal, onProgress });
  archives.set(id, archive);
  const images = archive.images.map((image): FoundImage => ({
    names: image.names,
    id: image.id,
    content: contentDigestOf(image),
    platforms: image.platforms.map(formatPlatform),
    size: image.size,
    missingPlatforms: image.missingPlatforms,
    joinedPlatforms: image.joinedPlatforms,
  }));
  tell({ news: "read", images, fingerprint });
}

/** Bytes of each end of a file that tell it from others. The start of an archive has names and digests, so they do. */
const END_BYTES = 64 * 1024;

/** Tells a file from others without reading all of it. What is in it is looked at afterwards. */
async function fingerprintOf(file: File): Promise<string> {
  const bothEnds = new Blob([file.slice(0, END_BYTES), file.slice(Math.max(0, file.size - END_BYTES))]);
  return `${file.size} ${digestOf(new Uint8Array(await bothEnds.arrayBuffer()))}`;
}

/** Least milliseconds between two pieces of news of one blob that is on its way. */
const NEWS_MS = 100;

async function push(order: Task & { order: "push" }, signal: AbortSignal, tell: Tell): Promise<void> {
  const archive = archives.get(order.id);
  if (!archive) throw new Error("the archive was not read");
  const places = order.targets.map((target) => placeOf(archive, target));
  const told = new Map<string, number>();
  const onEvent = (event: PushEvent) => {
    const target = places.indexOf(event.target);
    if (event.kind === "image-started") tell({ news: "image-started", target, blobs: event.blobs });
    else if (event.kind === "image-pushed") tell({ news: "image-pushed", target, digest: event.digest });
    else {
      const { digest, state } = event.blob;
      const now = performance.now();
      if (state === "sending" && now - (told.get(digest) ?? -NEWS_MS) < NEWS_MS) return;
      told.set(digest, now);
      tell({ news: "blob", target, blob: event.blob });
    }
  };
  const open = new Map(Object.entries(order.arrived.open));
  const openUploads: OpenUploads = {
    get: (key) => open.get(key),
    set: (key, location) => {
      if (location === open.get(key)) return;
      if (location === undefined) open.delete(key);
      else open.set(key, location);
      tell({ news: "upload-moved", key, location });
    },
  };
  for (const [diffId, layer] of Object.entries(order.arrived.packed)) packedLayers.set(diffId, layer);
  const memory: LayerMemory = {
    get: (diffId) => packedLayers.get(diffId),
    set: (diffId, layer) => {
      packedLayers.set(diffId, layer);
      tell({ news: "layer-packed", diffId, layer });
    },
  };
  const limits = { chunkStore: await chunks };
  await pushArchive(client, archive, places, { signal, onEvent, findLayers, memory, openUploads, limits });
  tell({ news: "pushed" });
}

/** Asks the registry, which looks at more images than the one that is replaced, and counts no pull. */
const findLayers: FindLayers = async ({ repository }, diffIds, signal) => {
  const [organization = ""] = repository.split("/", 1);
  const image = repository.slice(organization.length + 1);
  const path = `/api/organizations/${encodeURIComponent(organization)}/known-layers`;
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ image, diffIds }),
    ...(signal && { signal }),
  });
  if (!response.ok) throw await readRefusal(response, new URL(path, location.href));
  const { layers } = (await response.json()) as components["schemas"]["KnownLayers"];
  return new Map(layers.map(({ diffId, digest, size }) => [diffId, { digest, size }]));
};

function placeOf({ images }: Archive, { image, repository, tags }: UploadTarget) {
  const found = images[image];
  if (!found) throw new Error(`the archive has no image ${image}`);
  return { image: found, repository, tags };
}

function describeFailure(error: unknown): UploadFailure {
  if (error instanceof ArchiveError) {
    const { code, message, particulars } = error;
    return { kind: "archive", code, message, particulars };
  }
  if (error instanceof RegistryRefusal) {
    const { status, code, message } = error;
    return { kind: "refused", status, code, message };
  }
  if (error instanceof OtherFile) return { kind: "other-file" };
  // What `fetch` itself throws is a TypeError.
  if (error instanceof NetworkLost || error instanceof TypeError) return { kind: "network" };
  return { kind: "other", message: error instanceof Error ? error.message : String(error) };
}
