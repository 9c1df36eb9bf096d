/** Checking layers before anything is sent. */
import { type Bytes, type ByteStream, chunksOf, streamOf } from "../bytes.ts";
import { algorithmOf } from "../../kernel/digest.ts";
import { type CreateHash, Digester } from "../hash.ts";
import { ArchiveError } from "./archive-error.ts";
import type { ArchiveFile } from "./archive-files.ts";
import { compressionOf, isUnpackable, unpack, type UnpackableCompression } from "./compression.ts";

/** What a layer is. */
export interface CheckedLayer {
  /** Of the bytes in the archive. */
  digest: string;
  /** Undefined: none. */
  compression: string | undefined;
  /** The digest of what is inside; undefined when it could not be unpacked here. */
  diffId: string | undefined;
}

export interface CheckOptions {
  createHash: CreateHash;
  signal?: AbortSignal | undefined;
}

/** What all layers of an archive may have together once they are unpacked. */
export class UnpackedBudget {
  readonly #limit: number;
  #left: number;

  /** @param limit bytes; Infinity for no limit. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  get isLimited(): boolean {
    return this.#limit !== Infinity;
  }

  /** @throws ArchiveError too-large. */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ArchiveError("too-large", { limit: this.#limit });
  }
}

/** Checks files of one archive, each only once however many images share it. */
export class LayerChecker {
  readonly #options: CheckOptions;
  readonly #budget: UnpackedBudget;
  readonly #checked = new Map<string, Promise<CheckedLayer>>();

  constructor(budget: UnpackedBudget, options: CheckOptions) {
    this.#budget = budget;
    this.#options = options;
  }

  /**
   * Reads a layer to its end.
   *
   * @param digest of the bytes, when the archive says it: decides by which algorithm they are hashed.
   * @throws ArchiveError too-large; the signal's reason.
   */
  check(file: ArchiveFile, digest = "sha256:"): Promise<CheckedLayer> {
    const key = keyOf(file, digest);
    const pending = this.#checked.get(key) ?? this.#check(file, digest);
    this.#checked.set(key, pending);
    return pending;
  }

  /**
   * Hashes a file, for callers that do not need to know its contents. It unpacks the file only where a limit counts what is
   * inside: unpacking takes several times as long.
   *
   * @throws as {@link check}.
   */
  async hash(file: ArchiveFile, digest: string): Promise<string> {
    const isChecked = this.#checked.has(keyOf(file, digest));
    return isChecked || this.#budget.isLimited ? (await this.check(file, digest)).digest : this.#hash(file, digest);
  }

  async #check(file: ArchiveFile, digest: string): Promise<CheckedLayer> {
    const { createHash } = this.#options;
    const compression = await this.#sniff(file);
    if (compression === undefined) {
      this.#budget.spend(file.size);
      const actual = await this.#hash(file, digest);
      return { digest: actual, compression, diffId: algorithmOf(actual) === "sha256" ? actual : undefined };
    }
    if (!isUnpackable(compression)) return { digest: await this.#hash(file, digest), compression, diffId: undefined };
    const packed = new Digester(createHash, algorithmOf(digest));
    const inside = await this.#unpack(streamOf(this.#observe(file, packed)), compression);
    if ("diffId" in inside) return { digest: packed.digest(), compression, ...inside };
    // What cannot be unpacked, such as an encrypted layer that looks like gzip, is known by its digest only.
    const actual = await this.#hash(file, digest);
    return { digest: actual, compression: inside.unsupported ?? compression, diffId: undefined };
  }

  async #sniff(file: ArchiveFile): Promise<string | undefined> {
    if (file.seen) return compressionOf(file.seen.start);
    for await (const chunk of chunksOf(file.open())) return compressionOf(chunk);
    return undefined;
  }

  async #hash(file: ArchiveFile, digest: string): Promise<string> {
    if (file.seen && algorithmOf(digest) === "sha256") return file.seen.digest;
    const digester = new Digester(this.#options.createHash, algorithmOf(digest));
    await file.scan((piece) => this.#take(piece, digester));
    return digester.digest();
  }

  async *#observe(file: ArchiveFile, digester: Digester) {
    for await (const chunk of chunksOf(file.open())) {
      this.#take(chunk, digester);
      yield chunk;
    }
  }

  #take(piece: Bytes, digester: Digester): void {
    this.#options.signal?.throwIfAborted();
    digester.update(piece);
  }

  /** @returns the digest of what is inside; where that cannot be unpacked, what the compression is called if that is why. */
  async #unpack(
    packed: ByteStream,
    compression: UnpackableCompression,
  ): Promise<{ diffId: string } | { unsupported: string | undefined }> {
    const inside = new Digester(this.#options.createHash);
    try {
      for await (const chunk of chunksOf(unpack(packed, compression))) {
        this.#budget.spend(chunk.byteLength);
        inside.update(chunk);
      }
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof ArchiveError)) throw error;
      if (error.code === "unsupported-compression") return { unsupported: error.particulars.name };
      if (error.code === "damaged" || error.code === "cut-short") return { unsupported: undefined };
      throw error;
    }
    return { diffId: inside.digest() };
  }
}

function keyOf({ path }: ArchiveFile, digest: string): string {
  return `${algorithmOf(digest)} ${path}`;
}
