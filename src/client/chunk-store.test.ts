import { it } from "vitest";
import type { Bytes } from "./bytes.ts";
import type { ChunkStore } from "./chunk-store.ts";
import { MemoryChunkStore } from "./chunk-store.ts";
import { uploadBlob } from "./chunked-upload.ts";
import { digestOf } from "./hash.ts";
import { RegistryClient } from "./registry-client.ts";
import { largeLayer, streamOfBytes } from "./testing/images.ts";
import { FakeRegistry, type Fault, IMPATIENT } from "./testing/registry.ts";

const BLOB = largeLayer(100_000);
const LIMITS = { maxRequestBytes: 20_000, maxBufferedBytes: 20_000 };

it("keeps what was added, whatever becomes of the pieces", async ({ expect }) => {
  const store = new MemoryChunkStore();
  const piece = new Uint8Array([1, 2, 3]);
  const draft = await store.begin(10);
  draft.add(piece);
  piece.fill(9);
  draft.add(new Uint8Array([4]));
  const { blob } = await draft.finish();
  const next = await store.begin(10);
  next.add(new Uint8Array(10));
  await next.finish();
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3, 4]));
});

/** A store that counts what it holds. */
function counting() {
  const memory = new MemoryChunkStore();
  const held = { now: 0, most: 0 };
  const change = (by: number) => {
    held.now += by;
    held.most = Math.max(held.most, held.now);
  };
  const store: ChunkStore = {
    begin: async (length) => {
      const draft = await memory.begin(length);
      change(1);
      return {
        add: draft.add,
        discard: async () => change(-1),
        finish: async () => ({ ...(await draft.finish()), release: async () => change(-1) }),
      };
    },
  };
  return { store, held };
}

const failing: Fault = ({ method }) => (method === "PATCH" ? Promise.reject(new TypeError("no network")) : undefined);
const broken = () => {
  let pieces = 0;
  return new ReadableStream<Bytes>({
    pull: (controller) => {
      pieces += 1;
      if (pieces > 6) controller.error(new Error("the disk is gone"));
      else controller.enqueue(new Uint8Array(5000));
    },
  });
};

it.for([
  ["that succeeds", 0, () => streamOfBytes(BLOB, 3000), undefined],
  ["of a source that fails", 0, broken, "the disk is gone"],
  ["that fails", IMPATIENT.attempts, () => streamOfBytes(BLOB, 3000), "no network"],
] as const)(
  "an upload %s holds two chunks at a time, and none at its end",
  async ([, faults, source, message], { expect }) => {
    const registry = new FakeRegistry();
    registry.faults.push(...Array<Fault>(faults).fill(failing));
    const client = new RegistryClient({ url: "https://registry.example.com", fetch: registry.fetch, retry: IMPATIENT });
    const { store, held } = counting();
    const upload = uploadBlob({ client, repository: "a/b" }, { source: source() }, { ...LIMITS, chunkStore: store });
    if (message === undefined) expect((await upload).digest).toBe(digestOf(BLOB));
    else await expect(upload).rejects.toThrow(message);
    expect(held).toEqual({ now: 0, most: 2 });
  },
);
