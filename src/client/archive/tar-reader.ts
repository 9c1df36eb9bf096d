/**
 * Reads a tar archive entry by entry. Of libraries none tells where an entry's contents lie, which is what lets a layer
 * be read again, and cut into chunks, without reading the rest; and sparse files they hand out as if they were whole.
 */
import {
  isZeroBlock,
  readPaxRecords,
  readTarHeader,
  readTarText,
  TAR_BLOCK_BYTES,
  tarPaddingBytes,
  type TarHeader,
} from "../../kernel/tar.ts";
import { ArchiveError } from "./archive-error.ts";
import type { Cursor } from "./cursor.ts";

export interface TarEntry {
  path: string;
  kind: "file" | "symbolic-link" | "hard-link" | "other";
  /** Where a link leads, as the archive writes it. */
  linkName: string;
  /** Of the contents, in bytes. */
  size: number;
  /** Of the contents' first byte in the archive. */
  position: number;
}

/** Names and the like; a path on Linux ends at 4,096 bytes. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

/** What headers of their own say of the entry that follows. */
interface Extension {
  path?: string;
  linkName?: string;
  size?: number;
  isSparse?: boolean;
}

/**
 * Lists the entries of an archive. Its consumer may move the cursor within its contents, and forward only.
 *
 * @param maxEntries one more is refused.
 * @returns at the end, whether the archive says that it ends there.
 * @throws ArchiveError not-an-archive, cut-short, damaged, sparse, too-many-files.
 */
export async function* readTar(
  cursor: Cursor,
  { maxEntries }: { maxEntries: number },
): AsyncGenerator<TarEntry, { isTerminated: boolean }, undefined> {
  let extension: Extension = {};
  let global: Extension = {};
  for (let entries = 0; ;) {
    const isFirst = cursor.position === 0;
    const block = await cursor.read(TAR_BLOCK_BYTES);
    if (block.byteLength === 0 && !isFirst) return { isTerminated: false };
    if (block.byteLength < TAR_BLOCK_BYTES) throw new ArchiveError(isFirst ? "not-an-archive" : "cut-short");
    if (isZeroBlock(block)) return { isTerminated: true };
    const header = readTarHeader(block);
    if (!header) throw new ArchiveError(isFirst ? "not-an-archive" : "damaged");

    const part = await readExtension(cursor, header);
    if (part) {
      if (header.type === "g") global = { ...global, ...part };
      else extension = { ...extension, ...part };
      continue;
    }
    if ((entries += 1) > maxEntries) throw new ArchiveError("too-many-files", { limit: maxEntries });
    const entry = entryOf(header, { ...global, ...extension }, cursor.position);
    extension = {};
    yield entry;
    await skipTo(cursor, entry.position + entry.size + tarPaddingBytes(entry.size));
  }
}

function entryOf(header: TarHeader, extension: Extension, position: number): TarEntry {
  const path = extension.path ?? header.name;
  if (header.type === "S" || extension.isSparse) throw new ArchiveError("sparse", { path });
  const kind = KINDS[header.type] ?? "other";
  // Only files have contents; what links and folders say of their size is of the file system they come from.
  const hasContents = kind === "file" || !NO_CONTENTS.has(header.type);
  const size = hasContents ? (extension.size ?? header.size) : 0;
  return { path, kind, linkName: extension.linkName ?? header.linkName, size, position };
}

const KINDS: Record<string, TarEntry["kind"]> = { "0": "file", "7": "file", "1": "hard-link", "2": "symbolic-link" };
/** Links, devices, folders and pipes. */
const NO_CONTENTS: ReadonlySet<string> = new Set(["1", "2", "3", "4", "5", "6"]);

/** Reads a header that only extends the next one. @returns undefined when it is an entry itself. */
async function readExtension(cursor: Cursor, header: TarHeader): Promise<Extension | undefined> {
  if (!["x", "g", "L", "K"].includes(header.type)) return undefined;
  if (header.size > MAX_EXTENSION_BYTES) throw new ArchiveError("damaged", { path: header.name });
  const bytes = await cursor.read(header.size);
  if (bytes.byteLength < header.size) throw new ArchiveError("cut-short");
  await skipTo(cursor, cursor.position + tarPaddingBytes(header.size));
  if (header.type === "L") return { path: readTarText(bytes) };
  if (header.type === "K") return { linkName: readTarText(bytes) };
  const records = readPaxRecords(bytes);
  if (!records) throw new ArchiveError("damaged", { path: header.name });
  const path = records.get("path");
  const linkName = records.get("linkpath");
  const size = records.get("size");
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw new ArchiveError("damaged", { path: path ?? header.name });
  return {
    ...(path !== undefined && { path }),
    ...(linkName !== undefined && { linkName }),
    ...(size !== undefined && { size: Number(size) }),
    ...([...records.keys()].some((key) => key.startsWith("GNU.sparse.")) && { isSparse: true }),
  };
}

async function skipTo(cursor: Cursor, position: number): Promise<void> {
  const distance = position - cursor.position;
  if ((await cursor.skip(distance)) < distance) throw new ArchiveError("cut-short");
}
