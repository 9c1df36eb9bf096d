/**
 * What a registry stores, seen from outside of its Worker: the D1 database and the R2 bucket. A backup, a restore and a check of the
 * storage are written against this, and work with the registry of this machine and with a deployed one alike.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { algorithmOf, hexOf } from "../../src/kernel/digest.ts";

/** A value of a column: no table of Berth has a BLOB. */
export type Value = string | number | null;
export type Row = Record<string, Value>;

/** An SQL statement. Its parameters are texts, as D1's REST API takes them: lists and numbers come as JSON, and `json_each` reads them. */
export interface Statement {
  sql: string;
  params?: readonly string[];
}

/** A file whose bytes have been verified, or are while they are read. */
export interface BlobFile {
  path: string;
  /** Bytes. */
  size: number;
  digest: string;
}

export interface ObjectPage {
  /** In the order of their keys. `storedAt`: milliseconds since 1970. */
  objects: { key: string; size: number; storedAt: number }[];
  /** The key to go on after; undefined at the end. */
  next: string | undefined;
}

export interface Store {
  kind: "local" | "cloudflare";
  /** What messages call it. */
  name: string;
  /** Runs statements in one transaction. @returns the rows of each. */
  batch: (statements: readonly Statement[]) => Promise<Row[][]>;
  /** @returns undefined when there is no such object. The body fails when the connection breaks. */
  readObject: (key: string) => Promise<{ size: number; body: AsyncIterable<Uint8Array> } | undefined>;
  /** The size of an object, and the SHA-256 that the bucket has checked when it stored it, hexadecimal, where it knows one. */
  headObject: (key: string) => Promise<{ size: number; sha256: string | undefined } | undefined>;
  /** A page of all objects in the order of their keys. */
  listObjects: (after: string | undefined) => Promise<ObjectPage>;
  deleteObject: (key: string) => Promise<void>;
  /**
   * Stores a file, whole or not at all.
   *
   * @throws DamagedFile when its bytes do not have the digest.
   */
  writeObject: (key: string, file: BlobFile) => Promise<void>;
  close: () => Promise<void>;
}

/** The bytes of a file are not those that its name says. */
export class DamagedFile extends Error {
  constructor({ path, digest }: BlobFile) {
    super(`${path} is damaged: its bytes are not ${digest}.`);
  }
}

/** Files up to this size are sent in one request; larger ones in parts of it. R2 wants parts of 5 MiB or more, all of one size. */
export const PART_BYTES = 5 * 1024 * 1024;

/** One query. */
export async function query(store: Store, sql: string, ...params: string[]): Promise<Row[]> {
  const [rows = []] = await store.batch([{ sql, params }]);
  return rows;
}

/** Whether bytes have a digest; they are read to their end, or to the first byte too many. */
export async function hasDigest(
  body: AsyncIterable<Uint8Array>,
  { size, digest }: { size: number; digest: string },
): Promise<boolean> {
  const hash = createHash(algorithmOf(digest));
  let length = 0;
  for await (const bytes of body) {
    length += bytes.byteLength;
    if (length > size) return false;
    hash.update(bytes);
  }
  return length === size && hash.digest("hex") === hexOf(digest);
}

/**
 * The parts of a file, each of {@link PART_BYTES} but the last; one at a time is in memory.
 *
 * @throws DamagedFile behind the last part when their bytes do not have the digest: what was sent is to be thrown away then.
 */
export async function* partsOf(file: BlobFile): AsyncGenerator<Uint8Array> {
  const handle = await open(file.path, "r");
  try {
    const hash = createHash(algorithmOf(file.digest));
    let length = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PART_BYTES), 0, PART_BYTES, length);
      if (bytesRead === 0 && length > 0) break;
      length += bytesRead;
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      yield part;
      if (bytesRead < PART_BYTES) break;
    }
    if (length !== file.size || hash.digest("hex") !== hexOf(file.digest)) throw new DamagedFile(file);
  } finally {
    await handle.close();
  }
}

/** A file of up to {@link PART_BYTES}. @throws DamagedFile */
export async function readWhole(file: BlobFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of partsOf(file)) parts.push(part);
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** Calls `work` for each item, for at most `limit` of them at once. The first failure ends it, once those under way have ended. */
export async function forEachOf<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const one: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= limit) await Promise.race(underWay);
    if (failures.length > 0) break;
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}

/** An SQL name. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
