/**
 * Keeps chunks on the disk, in the private file system that browsers give each origin. In memory a browser keeps what it
 * has sent until it collects garbage, which is hundreds of megabytes later. For workers only: pages cannot write there in
 * a simple way.
 */
import { type ChunkDraft, type ChunkStore, MemoryChunkStore } from "./chunk-store.ts";

const FOLDER = "berth-uploads";
/** Pieces are gathered: each write asks the browser's other processes. */
const WRITE_BYTES = 1024 * 1024;

/** What TypeScript's library for pages leaves out, because only workers have it. */
interface SyncAccessHandle {
  write: (bytes: Uint8Array, options: { at: number }) => number;
  truncate: (size: number) => void;
  close: () => void;
}
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle?: () => Promise<SyncAccessHandle>;
}

export class DiskChunkStore implements ChunkStore {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #memory = new MemoryChunkStore();
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
      await (await store.#beginFile(0)).discard();
      return store;
    } catch {
      return new MemoryChunkStore();
    }
  }

  /** A chunk for which the disk has no room is kept in memory. */
  async begin(length: number): Promise<ChunkDraft> {
    try {
      return await this.#beginFile(length);
    } catch {
      return this.#memory.begin(length);
    }
  }

  async #beginFile(length: number): Promise<ChunkDraft> {
    const name = String(this.#next);
    this.#next += 1;
    const file: WorkerFileHandle = await this.#folder.getFileHandle(name, { create: true });
    const remove = () => this.#folder.removeEntry(name);
    const handle = await file.createSyncAccessHandle?.();
    if (!handle) throw new Error("files can be written in workers only");
    try {
      // All the room at once: a file that grows has to ask for it each time, and may be refused in the middle.
      handle.truncate(length);
    } catch (error) {
      handle.close();
      await remove();
      throw error;
    }
    const writer = new GatheringWriter(handle, Math.min(length, WRITE_BYTES));
    return {
      add: (piece) => writer.add(piece),
      finish: async () => {
        handle.truncate(writer.flush());
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

/** Writes to a file from its beginning, in pieces of one size. */
class GatheringWriter {
  readonly #handle: SyncAccessHandle;
  readonly #buffer: Uint8Array;
  #filled = 0;
  #written = 0;

  constructor(handle: SyncAccessHandle, bytes: number) {
    this.#handle = handle;
    this.#buffer = new Uint8Array(bytes);
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.byteLength;) {
      if (this.#filled === this.#buffer.byteLength) this.flush();
      const part = piece.subarray(at, at + this.#buffer.byteLength - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.byteLength;
      at += part.byteLength;
    }
  }

  /** @returns bytes of the file so far. */
  flush(): number {
    for (let at = 0; at < this.#filled;) {
      const written = this.#handle.write(this.#buffer.subarray(at, this.#filled), { at: this.#written });
      this.#written += written;
      at += written;
    }
    this.#filled = 0;
    return this.#written;
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
