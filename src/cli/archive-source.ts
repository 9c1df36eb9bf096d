/** Where `berth push` finds images: a tar, a folder, or standard input. */
import { createHash } from "node:crypto";
import { openAsBlob, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Readable } from "node:stream";
import type { ArchiveFile, ArchiveFiles } from "../client/archive/archive-files.ts";
import { type Archive, readArchive, readImages, type ReadOptions } from "../client/archive/read-archive.ts";
import { type Bytes, scanBlob } from "../client/bytes.ts";
import { DASH } from "./dash.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { openNameless } from "./nameless-file.ts";
import { RangeBlob, type RangeSource } from "./range-blob.ts";

/** No limit: the archive is on the user's own disk already, and reading it takes no room. */
const LIMITS = { maxBytes: Infinity, createHash } satisfies ReadOptions;

export interface OpenArchive {
  archive: Archive;
  close: () => Promise<void>;
}

/**
 * Opens and checks an archive.
 *
 * @param path of a tar, which may be packed with gzip or zstd; of the folder of an OCI image layout; or {@link DASH} for standard
 * input, which is kept in a file because images are read twice: they are checked before anything is sent.
 * @throws ArchiveError; Failure when there is nothing; the signal's reason.
 */
export async function openArchive(
  path: string,
  {
    input,
    spoolDirectory,
    ...options
  }: Pick<ReadOptions, "signal" | "onProgress"> & { input: Readable; spoolDirectory: string },
): Promise<OpenArchive> {
  if (path === DASH) return openStream(input, spoolDirectory, options);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new Failure(EXIT.notFound, `there is no ${path}`);
  const archive = stat.isDirectory()
    ? await readImages(new LayoutFolder(path), { ...LIMITS, ...options })
    : await readArchive(await openAsBlob(path), { ...LIMITS, ...options });
  return { archive, close: async () => undefined };
}

async function openStream(
  input: Readable,
  spoolDirectory: string,
  options: Pick<ReadOptions, "signal" | "onProgress">,
): Promise<OpenArchive> {
  const file = await openNameless(spoolDirectory);
  try {
    let size = 0;
    for await (const piece of input) {
      options.signal?.throwIfAborted();
      const bytes = piece as Buffer;
      await file.writev([bytes]);
      size += bytes.byteLength;
    }
    const source: RangeSource = {
      read: async (target, position) =>
        requireBytes(await file.read(target, 0, target.byteLength, position), "standard input"),
    };
    const archive = await readArchive(new RangeBlob(source, 0, size), { ...LIMITS, ...options });
    return { archive, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The folder of an OCI image layout (OCI image-spec, "Image Layout"). */
class LayoutFolder implements ArchiveFiles {
  readonly isSequential = false;
  readonly isCutShort = false;
  /** Nothing changes there while it is pushed; if it does, the registry finds the digest wrong. */
  readonly isSnapshot = true;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(path: string): ArchiveFile | undefined {
    const parts = path.split("/");
    if (parts.some((part) => part === ".." || part.includes(sep) || part.includes("\0"))) return undefined;
    const file = join(this.#folder, ...parts);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    const blob = new RangeBlob(new FileSource(file), 0, stat.size);
    const scan = (look: (piece: Bytes) => void) => scanBlob(blob, look);
    return { path, size: stat.size, position: 0, open: () => blob.stream(), scan, blob };
  }
}

/** A file that is open only while it is read: a layout may have more than a process may open. */
class FileSource implements RangeSource {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(target: Bytes, position: number): Promise<number> {
    const file = await open(this.#path);
    try {
      return requireBytes(await file.read(target, 0, target.byteLength, position), this.#path);
    } finally {
      await file.close();
    }
  }
}

function requireBytes({ bytesRead }: { bytesRead: number }, what: string): number {
  if (bytesRead > 0) return bytesRead;
  throw new Failure(EXIT.failed, `${what} has become shorter while it was read`);
}
