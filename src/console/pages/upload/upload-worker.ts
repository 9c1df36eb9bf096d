/** Reads, checks, compresses and sends archives, away from the page's own thread. */
import { ArchiveError } from "../../../client/archive/archive-error.ts";
import { contentDigestOf } from "../../../client/archive/archive-image.ts";
import { type Archive, readArchive } from "../../../client/archive/read-archive.ts";
import { DiskChunkStore } from "../../../client/disk-chunk-store.ts";
import { NetworkLost, readRefusal, RegistryRefusal } from "../../../client/errors.ts";
import type { PackedLayer } from "../../../client/known-layers.ts";
import { type FindLayers, pushArchive, type PushEvent } from "../../../client/push-archive.ts";
import { RegistryClient } from "../../../client/registry-client.ts";
import { formatPlatform } from "../../../client/remote-image.ts";
import type { components } from "../../../client/api/schema.d.ts";
import type { FoundImage, UploadFailure, UploadNews, UploadOrder, UploadTarget } from "./worker-protocol.ts";

const client = new RegistryClient({ url: location.origin, credentials: { kind: "session" } });
const archives = new Map<number, Archive>();
/** Where compressed layers wait to be sent. */
const chunks = DiskChunkStore.open();
/** What layers are called once they are compressed, also for the archives that come later. */
const memory = new Map<string, PackedLayer>();
/** What is under way, by the id of the file. */
const running = new Map<number, AbortController>();

addEventListener("message", ({ data }: MessageEvent<UploadOrder>) => {
  if (data.order === "stop") running.get(data.id)?.abort();
  else if (data.order === "forget") archives.delete(data.id);
  else void carryOut(data);
});

async function carryOut(order: Extract<UploadOrder, { order: "read" | "push" }>): Promise<void> {
  const { id } = order;
  const abort = new AbortController();
  running.set(id, abort);
  try {
    if (order.order === "read") await read(order, abort.signal);
    else await push(order, abort.signal);
  } catch (error) {
    tell(abort.signal.aborted ? { news: "stopped", id } : { news: "failed", id, failure: describeFailure(error) });
  } finally {
    running.delete(id);
  }
}

async function read({ id, file, maxBytes }: UploadOrder & { order: "read" }, signal: AbortSignal): Promise<void> {
  const onProgress = (fraction: number) => tell({ news: "reading", id, fraction });
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
  tell({ news: "read", id, images });
}

async function push({ id, targets }: UploadOrder & { order: "push" }, signal: AbortSignal): Promise<void> {
  const archive = archives.get(id);
  if (!archive) throw new Error("the archive was not read");
  const places = targets.map((target) => placeOf(archive, target));
  const onEvent = (event: PushEvent) => {
    const target = places.indexOf(event.target);
    if (event.kind === "image-started") tell({ news: "image-started", id, target, blobs: event.blobs });
    else if (event.kind === "blob") tell({ news: "blob", id, target, blob: event.blob });
    else tell({ news: "image-pushed", id, target, digest: event.digest });
  };
  const limits = { chunkStore: await chunks };
  await pushArchive(client, archive, places, { signal, onEvent, findLayers, memory, limits });
  tell({ news: "pushed", id });
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
  // What `fetch` itself throws is a TypeError.
  if (error instanceof NetworkLost || error instanceof TypeError) return { kind: "network" };
  return { kind: "other", message: error instanceof Error ? error.message : String(error) };
}

function tell(news: UploadNews): void {
  postMessage(news);
}
