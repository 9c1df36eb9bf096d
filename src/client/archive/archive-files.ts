/** The files of an archive, or of a folder that holds an image layout. */
import { concatenate } from "../../kernel/bytes.ts";
import { type Bytes, type ByteStream, readLimited } from "../bytes.ts";
import { type CreateHash, Digester } from "../hash.ts";
import { type ArchiveBytes } from "./archive-bytes.ts";
import { ArchiveError } from "./archive-error.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

/** A file whose contents can be read any number of times. */
export interface ArchiveFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Files are best read in this order. */
  position: number;
  open: () => ByteStream;
  /** Shows the contents to somebody who keeps none of the pieces: they are used again. */
  scan: (look: (piece: Bytes) => void) => Promise<void>;
  /** The contents as a `Blob` that costs no memory, where there can be one. */
  blob?: Blob | undefined;
  /** What is known because it was seen in passing. */
  seen?: SeenContents | undefined;
}

export interface SeenContents {
  /** SHA-256. */
  digest: string;
  /** The first bytes, enough to tell how the rest is compressed. */
  start: Bytes;
}

/** What an image is read from; a folder of the command line tool is one as well. */
export interface ArchiveFiles {
  /** Whether files have to be read one at a time, and are best read in their order. */
  readonly isSequential: boolean;
  /** Whether the end of the archive seems to be missing: that explains why a file is not there. */
  readonly isCutShort: boolean;
  /** Whether a file that has changed since it was checked cannot be read any more. */
  readonly isSnapshot: boolean;
  /**
   * Finds a file, through links.
   *
   * @throws ArchiveError bad-link.
   */
  find: (path: string) => ArchiveFile | undefined;
}

export interface FileLimits {
  /** Bytes of the archive once it is unpacked. */
  maxBytes: number;
  maxFiles: number;
}

/** Descriptions of images are small; a file larger than this is none. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;
/** What is kept of an archive that cannot be read at any place, to spare reading it anew for each description. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
const MAX_LINKS = 16;
const START_BYTES = 64;

/**
 * Lists the files of a tar archive, without reading their contents where that can be avoided; where not they are hashed
 * on the way.
 *
 * @throws ArchiveError for an archive that is none, or damaged, or beyond a limit; the signal's reason.
 */
export async function listTarFiles(
  bytes: ArchiveBytes,
  { maxBytes, maxFiles }: FileLimits,
  { createHash, signal }: { createHash: CreateHash; signal?: AbortSignal | undefined },
): Promise<ArchiveFiles> {
  const files = new TarFiles(bytes);
  const cursor = bytes.cursor();
  try {
    const entries = readTar(cursor, { maxEntries: maxFiles });
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await entries.next();
      if (done) {
        files.isCutShort = !value.isTerminated;
        return files;
      }
      if (value.position + value.size > maxBytes) throw new ArchiveError("too-large", { limit: maxBytes });
      const isObserved = bytes.isSequential && value.kind === "file";
      const seen = isObserved ? new Observed(value, createHash, files.room) : undefined;
      const observe = (piece: Bytes) => {
        signal?.throwIfAborted();
        seen?.update(piece);
      };
      if (seen) await cursor.skip(value.size, observe);
      files.add(value, seen);
    }
  } finally {
    await cursor.close();
  }
}

/** What is learnt of a file while it passes. */
class Observed {
  readonly #digester: Digester;
  #start: Bytes = new Uint8Array(0);
  #kept: Bytes[] | undefined;

  /** @param room bytes that may be kept. */
  constructor({ size }: TarEntry, createHash: CreateHash, room: number) {
    this.#digester = new Digester(createHash);
    this.#kept = size <= Math.min(MAX_DOCUMENT_BYTES, room) ? [] : undefined;
  }

  update(piece: Bytes): void {
    this.#digester.update(piece);
    if (this.#start.byteLength < START_BYTES) {
      this.#start = concatenate([this.#start, piece.subarray(0, START_BYTES - this.#start.byteLength)]);
    }
    if (this.#kept && isDocument(this.#start)) this.#kept.push(piece.slice());
    else this.#kept = undefined;
  }

  /** To be called once, at the end. */
  result(): { seen: SeenContents; kept: Bytes | undefined } {
    const seen = { digest: this.#digester.digest(), start: this.#start };
    return { seen, kept: this.#kept && concatenate(this.#kept) };
  }
}

/** Everything of interest is JSON: an object or a list. */
function isDocument(start: Bytes): boolean {
  return /^\s*(?:[{[]|$)/.test(new TextDecoder().decode(start));
}

class TarFiles implements ArchiveFiles {
  isCutShort = false;
  readonly #bytes: ArchiveBytes;
  readonly #files = new Map<string, ArchiveFile>();
  /** Where links lead; hard links count from the archive's root. */
  readonly #links = new Map<string, string | undefined>();
  room = MAX_KEPT_BYTES;

  constructor(bytes: ArchiveBytes) {
    this.#bytes = bytes;
  }

  get isSequential(): boolean {
    return this.#bytes.isSequential;
  }

  get isSnapshot(): boolean {
    return this.#bytes.isSnapshot;
  }

  /** Of two entries with one path the later counts, as when an archive is unpacked. */
  add(entry: TarEntry, seen: Observed | undefined): void {
    const path = normalize(entry.path);
    if (path === undefined || entry.kind === "other") return;
    this.#files.delete(path);
    this.#links.delete(path);
    if (entry.kind === "hard-link") this.#links.set(path, normalize(entry.linkName));
    else if (entry.kind === "symbolic-link") this.#links.set(path, normalize(entry.linkName, parentOf(path)));
    else this.#files.set(path, this.#file(path, entry, seen));
  }

  #file(path: string, { size, position }: TarEntry, seen: Observed | undefined): ArchiveFile {
    const { seen: contents, kept } = seen?.result() ?? {};
    this.room -= kept?.byteLength ?? 0;
    return {
      path,
      size,
      position,
      seen: contents,
      blob: kept ? new Blob([kept]) : this.#bytes.blob(position, size),
      scan: async (look) => (kept ? look(kept) : this.#bytes.scan(position, size, look)),
      open: () => (kept ? new Blob([kept]).stream() : this.#bytes.open(position, size)),
    };
  }

  find(path: string): ArchiveFile | undefined {
    let target = normalize(path);
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      if (target === undefined) break;
      if (!this.#links.has(target)) return this.#files.get(target);
      target = this.#links.get(target);
    }
    throw new ArchiveError("bad-link", { path });
  }
}

/**
 * Finds a file that must be there.
 *
 * @throws ArchiveError missing-file, or cut-short when the archive's end is missing as well; bad-link.
 */
export function requireFile(files: ArchiveFiles, path: string): ArchiveFile {
  const file = files.find(path);
  if (!file) throw missingFile(files, path);
  return file;
}

/** Says that a file is not there; where the archive's end is missing as well, that explains it. */
export function missingFile(files: ArchiveFiles, path: string): ArchiveError {
  return new ArchiveError(files.isCutShort ? "cut-short" : "missing-file", { path });
}

/** Reads a small file. @throws ArchiveError file-too-large. */
export function readDocument(file: ArchiveFile): Promise<Bytes> {
  const tooLarge = () => new ArchiveError("file-too-large", { path: file.path, limit: MAX_DOCUMENT_BYTES });
  return file.size > MAX_DOCUMENT_BYTES
    ? Promise.reject(tooLarge())
    : readLimited(file.open(), MAX_DOCUMENT_BYTES, tooLarge);
}

/** A path from the archive's root, without "." and ".."; undefined when it leads out of the archive. */
function normalize(path: string, folder: readonly string[] = []): string | undefined {
  const parts = path.startsWith("/") ? [] : [...folder];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

function parentOf(path: string): string[] {
  return path.split("/").slice(0, -1);
}
