/**
 * Pushes an archive that is made as it is read, and prints by how many bytes the process grew meanwhile:
 * `client-memory-fixture.ts <url> <MiB>`.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { readArchive } from "../../src/client/archive/read-archive.ts";
import { type Bytes, streamOf } from "../../src/client/bytes.ts";
import { pushArchive } from "../../src/client/push-archive.ts";
import { RegistryClient } from "../../src/client/registry-client.ts";
import { tarOf } from "../../src/client/testing/tar.ts";
import { randomBytes } from "../support/image-layouts.ts";

const BLOCK_BYTES = 1024 * 1024;
const [url, size] = process.argv.slice(2);
if (url === undefined || size === undefined) throw new Error("two arguments are needed");
const LAYERS = 4;
const layerBytes = Math.floor(Number(size) / LAYERS) * BLOCK_BYTES;

/** Half of it can be compressed, so that both reading and sending are much. */
const PATTERN = new Uint8Array(BLOCK_BYTES);
PATTERN.set(Buffer.concat([...randomBytes(BLOCK_BYTES / 2, "pattern")]));

/** A block of a layer; no two are the same. */
function blockOf(layer: number, at: number): Bytes {
  const block = PATTERN.slice();
  new DataView(block.buffer).setFloat64(0, layer * 1e6 + at);
  return block;
}

/** The archive's parts: what is before the contents of each layer, and the end. */
function partsOf(): (Bytes | number)[] {
  const diffIds = Array.from({ length: LAYERS }, (_, layer) => {
    const hash = createHash("sha256");
    for (let at = 0; at < layerBytes / BLOCK_BYTES; at += 1) hash.update(blockOf(layer, at));
    return `sha256:${hash.digest("hex")}`;
  });
  const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: diffIds } });
  const names = diffIds.map((_, layer) => `layer-${layer}.tar`);
  const manifest = JSON.stringify([{ Config: "config.json", RepoTags: ["acme/large:1"], Layers: names }]);
  const headers = names.map((path) => tarOf([{ path, size: layerBytes }], { isTerminated: false }));
  const end = tarOf([
    { path: "config.json", contents: config },
    { path: "manifest.json", contents: manifest },
  ]);
  return [...headers.flatMap((header, layer) => [header, layer]), end];
}

const parts = partsOf();
const sizeOf = (part: Bytes | number) => (typeof part === "number" ? layerBytes : part.byteLength);

async function* read(from: number): AsyncGenerator<Bytes, void, undefined> {
  let start = 0;
  for (const part of parts) {
    const end = start + sizeOf(part);
    if (typeof part !== "number") {
      if (from < end) yield part.slice(Math.max(0, from - start));
    } else {
      const first = Math.max(0, Math.floor((from - start) / BLOCK_BYTES));
      for (let at = first; at < layerBytes / BLOCK_BYTES; at += 1) {
        const block = blockOf(part, at);
        const skipped = Math.max(0, from - start - at * BLOCK_BYTES);
        if (skipped < BLOCK_BYTES) yield block.subarray(skipped);
      }
    }
    start = end;
  }
}

const source = {
  size: parts.reduce<number>((sum, part) => sum + sizeOf(part), 0),
  stream: (from: number) => streamOf(read(from)),
};
const client = new RegistryClient({ url, createHash });
const before = process.memoryUsage.rss();
let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10);
const archive = await readArchive(source, { createHash });
await pushArchive(
  client,
  archive,
  archive.images.map((image) => ({ image, repository: "acme/large", tags: ["1"] })),
);
clearInterval(timer);
await sleep(0);
console.log(`grew by ${peak - before} bytes`);
