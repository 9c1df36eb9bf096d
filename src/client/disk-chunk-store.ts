/**
 * Keeps chunks on the disk, in the private file system that browsers give each origin. In memory a browser keeps what it
 * has sent until it collects garbage, which is hundreds of megabytes later. For workers only: pages cannot write there in
 * a simple way.
 */
import { type ChunkDraft, type ChunkStore, MemoryChunkStore } from "./chunk-store.ts";

const FOLDER = "berth-uploads";

/** What TypeScript's library for pages leaves out, because only workers have it. */
interface SyncAccessHandle {
  write: (bytes: Uint8Array, options: { at: number }) => number;
  close: () => void;
}
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle?: () => Promise<SyncAccessHandle>;
}

export class DiskChunkStore implements ChunkStore {
  readonly #folder: FileSystemDirectoryHandle;
  #next = 1;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /**
   * Opens a store for this worker, and removes what others left behind that were ended in the middle.
   *
   * @returns a store in memory where there is no such file system, as in some private windows.
   */
  static async open(): Promise<ChunkStore> {
    try {
      const root = await navigator.storage.getDirectory();
      const folders = await root.getDirectoryHandle(FOLDER, { create: true });
      await removeLeftovers(folders);
      const name = crypto.randomUUID();
      await holdLock(name);
      const store = new DiskChunkStore(await folders.getDirectoryHandle(name, { create: true }));
      // Whether files can be written shows when one is.
      await (await store.begin(0)).discard();
      return store;
    } catch {
      return new MemoryChunkStore();
    }
  }

  async begin(_length: number): Promise<ChunkDraft> {
    const name = String(this.#next);
    this.#next += 1;
    const file: WorkerFileHandle = await this.#folder.getFileHandle(name, { create: true });
    const handle = await file.createSyncAccessHandle?.();
    if (!handle) throw new Error("files can be written in workers only");
    const remove = () => this.#folder.removeEntry(name);
    let size = 0;
    return {
      add: (piece) => {
        for (let at = 0; at < piece.byteLength;) at += handle.write(piece.subarray(at), { at: size + at });
        size += piece.byteLength;
      },
      finish: async () => {
        handle.close();
        return { blob: await file.getFile(), release: remove };
      },
      discard: async () => {
        handle.close();
        await remove();
      },
    };
  }
}

/** Holds a lock of this name for as long as the worker lives. */
async function holdLock(name: string): Promise<void> {
  await new Promise<void>((held, reject) => {
    const holding = navigator.locks.request(lockOf(name), () => {
      held();
      return new Promise<never>(() => undefined);
    });
    holding.catch(reject);
  });
}

/** Removes the folders of workers that are no more: nobody holds their locks. */
async function removeLeftovers(folders: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of folders.keys()) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock) await folders.removeEntry(name, { recursive: true });
    });
  }
}

function lockOf(name: string): string {
  return `${FOLDER}/${name}`;
}
