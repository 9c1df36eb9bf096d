/** Where the chunks of a stream wait until the registry has them. */
import type { Bytes } from "./bytes.ts";

/** A chunk that can be sent as often as it takes. */
export interface StoredChunk {
  blob: Blob;
  /** Gives the room back; the chunk cannot be sent after that. */
  release: () => Promise<void>;
}

/** A chunk that is not complete yet. Pieces may be used for something else once they were added. */
export interface ChunkDraft {
  add: (piece: Bytes) => void;
  finish: () => Promise<StoredChunk>;
  /** Gives the room back without having made a chunk. */
  discard: () => Promise<void>;
}

export interface ChunkStore {
  /** @param length bytes that the chunk will have at most. */
  begin: (length: number) => Promise<ChunkDraft>;
}

/**
 * Keeps chunks in memory, as `Blob`s: browsers send these many times as fast as arrays, which they copy piece by piece
 * while they are on their way.
 */
export class MemoryChunkStore implements ChunkStore {
  /** Buffers are used again; taking new ones would leave all that was ever sent to the garbage collector. */
  readonly #spare: ArrayBuffer[] = [];

  async begin(length: number): Promise<ChunkDraft> {
    const spare = this.#spare.pop();
    const buffer = spare && spare.byteLength >= length ? spare : new ArrayBuffer(length);
    const bytes = new Uint8Array(buffer, 0, length);
    let filled = 0;
    return {
      add: (piece) => {
        bytes.set(piece, filled);
        filled += piece.byteLength;
      },
      finish: async () => {
        const blob = new Blob([bytes.subarray(0, filled)]);
        this.#spare.push(buffer);
        return { blob, release: () => Promise.resolve() };
      },
      discard: async () => {
        this.#spare.push(buffer);
      },
    };
  }
}
