import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { DiskChunkStore } from "./disk-chunk-store.ts";

/** What a browser gives an origin, as far as the store uses it; `room` is what may be written. */
class Disk {
  readonly folders = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  readonly locks = new Set<string>();
  readonly open = new Set<string>();
  room = Infinity;
  /** Bytes that one call writes at most. */
  atOnce = Infinity;

  navigator() {
    return {
      storage: { getDirectory: async () => ({ getDirectoryHandle: async () => this.#root() }) },
      locks: {
        request: (name: string, ...rest: [...unknown[], (lock: object | null) => Promise<unknown>]) => {
          const [work] = rest.slice(-1) as [(lock: object | null) => Promise<unknown>];
          if (this.locks.has(name)) return work(null);
          this.locks.add(name);
          return work({}).finally(() => this.locks.delete(name));
        },
      },
    };
  }

  #root() {
    return {
      keys: () => [...this.folders.keys()],
      removeEntry: async (name: string) => this.folders.delete(name),
      getDirectoryHandle: async (name: string) => {
        const files = new Map<string, Uint8Array<ArrayBuffer>>();
        this.folders.set(name, files);
        return this.#folder(files);
      },
    };
  }

  #folder(files: Map<string, Uint8Array<ArrayBuffer>>) {
    return {
      removeEntry: async (name: string) => {
        if (this.open.has(name)) throw new Error("NoModificationAllowedError");
        files.delete(name);
      },
      getFileHandle: async (name: string) => {
        files.set(name, new Uint8Array(0));
        return {
          getFile: async () => new Blob([files.get(name) ?? new Uint8Array(0)]),
          createSyncAccessHandle: async () => {
            this.open.add(name);
            return {
              truncate: (size: number) => {
                if (size > this.room) throw new Error("QuotaExceededError");
                const bytes = new Uint8Array(size);
                bytes.set((files.get(name) ?? bytes).subarray(0, size));
                files.set(name, bytes);
              },
              write: (piece: Uint8Array, { at }: { at: number }) => {
                const part = piece.subarray(0, this.atOnce);
                files.get(name)?.set(part, at);
                return part.byteLength;
              },
              close: () => this.open.delete(name),
            };
          },
        };
      },
    };
  }
}

let disk: Disk;
beforeEach(() => {
  disk = new Disk();
  vi.stubGlobal("navigator", disk.navigator());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const contents = async (blob: Blob) => [...new Uint8Array(await blob.arrayBuffer())];
const filesOf = () => [...disk.folders.values()].flatMap((files) => [...files.keys()]);

describe("chunks on the disk", () => {
  it("hold what was added, in however small steps it is written, and go when they are released", async ({ expect }) => {
    disk.atOnce = 3;
    const store = await DiskChunkStore.open();
    const draft = await store.begin(20);
    const piece = new Uint8Array([1, 2, 3, 4, 5]);
    draft.add(piece);
    piece.fill(9);
    draft.add(new Uint8Array([6, 7]));
    const { blob, release } = await draft.finish();
    expect(await contents(blob)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(filesOf()).toHaveLength(1);
    await release();
    expect(filesOf()).toEqual([]);
  });

  it("are gathered before they are written", async ({ expect }) => {
    const store = await DiskChunkStore.open();
    const size = 2.5 * 1024 * 1024;
    const draft = await store.begin(size);
    for (let at = 0; at < size; at += 1000) draft.add(new Uint8Array(Math.min(1000, size - at)).fill(at % 251));
    const { blob } = await draft.finish();
    expect(blob.size).toBe(size);
    const bytes = new Uint8Array(await blob.arrayBuffer());
    expect(bytes.every((byte, at) => byte === (at - (at % 1000)) % 251)).toBe(true);
  });

  it("leave nothing when they are discarded", async ({ expect }) => {
    const store = await DiskChunkStore.open();
    const draft = await store.begin(10);
    draft.add(new Uint8Array([1]));
    await draft.discard();
    expect([filesOf(), disk.open.size]).toEqual([[], 0]);
  });

  it("are kept in memory when the disk is full, without leaving a file", async ({ expect }) => {
    const store = await DiskChunkStore.open();
    disk.room = 5;
    const draft = await store.begin(10);
    draft.add(new Uint8Array([1, 2]));
    const { blob, release } = await draft.finish();
    expect(await contents(blob)).toEqual([1, 2]);
    expect([filesOf(), disk.open.size]).toEqual([[], 0]);
    await release();
  });
});

describe("a store", () => {
  it("removes what workers left behind that are no more, and nothing of those that still run", async ({ expect }) => {
    await DiskChunkStore.open();
    const [running] = disk.folders.keys();
    disk.folders.set("ended", new Map());
    await DiskChunkStore.open();
    expect(disk.folders.has("ended")).toBe(false);
    expect(disk.folders.has(running ?? "")).toBe(true);
    expect(disk.folders.size).toBe(2);
  });

  it("is in memory where there is no such file system", async ({ expect }) => {
    vi.stubGlobal("navigator", {});
    const draft = await (await DiskChunkStore.open()).begin(3);
    draft.add(new Uint8Array([7]));
    expect(await contents((await draft.finish()).blob)).toEqual([7]);
  });
});
