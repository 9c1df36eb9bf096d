/** Copies all that a registry stores into a folder: the database as it is at one moment, and then the bytes of its blobs. */
import { isDigest } from "../../src/kernel/digest.ts";
import { Explained } from "../local/explained.ts";
import { type BackupFolder, type BackupIndex, type BackupTable, FORMAT } from "./backup-folder.ts";
import {
  copyName,
  dropCopies,
  listCopied,
  newCopyId,
  readRows,
  type SchemaObject,
  type Snapshot,
  tablesOf,
  takeSnapshot,
} from "./snapshot.ts";
import { forEachOf, query, quoted, type Store } from "./store.ts";

/** Blobs that are fetched at once. */
const PARALLEL = 4;
const MAX_READS = 3;
/** Collections that come in between are not that frequent: they delete what nothing has needed for a day at least. */
const MAX_SNAPSHOTS = 5;

export interface BackupOptions {
  /** The version of Berth. */
  version: string;
  /** Whether blobs that the folder has are read again, and fetched again where they are damaged. */
  isVerified: boolean;
}

/** What a run did. */
export interface BackupResult {
  index: BackupIndex;
  /** Blobs that were fetched, and bytes of these. */
  fetched: { count: number; bytes: number };
  /** Blobs that were removed from the folder because the registry no longer has them. */
  removed: number;
}

interface Blob {
  digest: string;
  key: string;
  size: number;
}

/**
 * Makes a backup, or brings one up to date: only blobs that the folder does not have are fetched.
 *
 * @throws Explained, and what the storage throws: then the folder still has the backup of before, if it had one.
 */
export async function backUp(store: Store, folder: BackupFolder, options: BackupOptions): Promise<BackupResult> {
  await dropCopies(store, folder.notedCopies());
  const fetched = { count: 0, bytes: 0 };
  for (let tried = 1; ; tried += 1) {
    const id = newCopyId();
    folder.noteCopies(id);
    const takenAt = new Date();
    const snapshot = await takeSnapshot(store, id);
    try {
      const blobs = await fetchBlobs(store, folder, snapshot, {
        isVerified: options.isVerified && tried === 1,
        fetched,
      });
      // Garbage collection deleted them since: the next snapshot has them no more, and nothing that needs them.
      if (blobs.gone > 0 && tried < MAX_SNAPSHOTS) continue;
      if (blobs.gone > 0) throw new Error("garbage collection deletes blobs each time, faster than they are copied");
      const tables: BackupTable[] = [];
      for (const { name, columns } of await listCopied(store, snapshot)) {
        tables.push(await folder.writeTable(id, name, columns, readRows(store, copyName(id, name), columns)));
      }
      const index: BackupIndex = {
        format: FORMAT,
        takenAt: takenAt.toISOString(),
        berth: options.version,
        source: store.kind,
        migrations: await readMigrationNames(store, snapshot),
        encryptionKeys: await readEncryptionKeys(store, snapshot),
        schema: snapshot.schema,
        sequences: snapshot.sequences,
        tables,
        blobs: { count: blobs.kept.size, bytes: blobs.bytes, missing: blobs.missing },
      };
      folder.writeIndex(index);
      const removed = folder.prune(index, (digest) => blobs.kept.has(digest));
      return { index, fetched, removed };
    } finally {
      await cleanUp(store, folder, id);
    }
  }
}

/** Drops the copies of this run. If that fails, the next run does: what happened before is what the user is to read. */
export async function cleanUp(store: Store, folder: BackupFolder, id: string): Promise<void> {
  try {
    await dropCopies(store, id);
    folder.forgetCopies();
  } catch {
    // They are noted still.
  }
}

interface Blobs {
  kept: Set<string>;
  bytes: number;
  missing: string[];
  /** How many were deleted since the snapshot. */
  gone: number;
}

async function fetchBlobs(
  store: Store,
  folder: BackupFolder,
  snapshot: Snapshot,
  { isVerified, fetched }: { isVerified: boolean; fetched: BackupResult["fetched"] },
): Promise<Blobs> {
  const blobs: Blobs = { kept: new Set(), bytes: 0, missing: [], gone: 0 };
  await forEachOf(listBlobs(store, snapshot), PARALLEL, async (blob) => {
    const isThere = await folder.hasBlob(blob, isVerified);
    const outcome = isThere ? "kept" : await fetchBlob(store, folder, blob);
    if (outcome === "gone") blobs.gone += 1;
    else if (outcome === "missing") blobs.missing.push(blob.digest);
    else {
      blobs.kept.add(blob.digest);
      blobs.bytes += blob.size;
      if (outcome === "fetched") fetched.count += 1;
      if (outcome === "fetched") fetched.bytes += blob.size;
    }
  });
  blobs.missing.sort();
  return blobs;
}

async function* listBlobs(store: Store, { id }: Snapshot): AsyncGenerator<Blob> {
  for await (const page of readRows(store, copyName(id, "blobs"), ["digest", "object_key", "size"])) {
    for (const [digest, key, size] of page) {
      if (!isDigest(String(digest))) throw new Error(`the table of blobs has "${digest}", which is no digest`);
      yield { digest: String(digest), key: String(key), size: Number(size) };
    }
  }
}

async function fetchBlob(store: Store, folder: BackupFolder, blob: Blob): Promise<"fetched" | "missing" | "gone"> {
  if (await copyObject(store, folder, blob)) return "fetched";
  const [now] = await query(store, "SELECT object_key AS key FROM blobs WHERE digest = ?1", blob.digest);
  if (now === undefined) return "gone";
  // It was pushed again meanwhile, in place of a lost object.
  const isReplaced = now.key !== blob.key && (await copyObject(store, folder, { ...blob, key: String(now.key) }));
  return isReplaced ? "fetched" : "missing";
}

/** @returns false when there is no such object, or its bytes are wrong. */
async function copyObject(store: Store, folder: BackupFolder, { key, ...blob }: Blob): Promise<boolean> {
  for (let tried = 1; ; tried += 1) {
    try {
      const object = await store.readObject(key);
      return object !== undefined && (await folder.writeBlob(blob, object.body));
    } catch (error) {
      // A connection broke, unless the user can mend it.
      if (tried === MAX_READS || error instanceof Explained || isSystemError(error)) throw error;
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "path" in error;
}

async function readMigrationNames(store: Store, { id, schema }: Snapshot): Promise<string[]> {
  if (!tablesOf(schema).includes("d1_migrations")) return [];
  const rows = await query(store, `SELECT name FROM ${quoted(copyName(id, "d1_migrations"))} ORDER BY id`);
  return rows.map(({ name }) => String(name));
}

/** The ids of the keys that secrets are encrypted with, which are not in the backup (`model/encryption.ts`). */
async function readEncryptionKeys(store: Store, { id, schema }: Snapshot): Promise<string[]> {
  const keys = new Set<string>();
  for (const { table, column } of encryptedColumns(schema)) {
    const rows = await query(
      store,
      `SELECT DISTINCT substr(${quoted(column)}, 1, 8) AS key FROM ${quoted(copyName(id, table))}
       WHERE substr(${quoted(column)}, 9, 1) = '.'`,
    );
    for (const { key } of rows) keys.add(String(key));
  }
  return [...keys].sort();
}

function encryptedColumns(schema: readonly SchemaObject[]): { table: string; column: string }[] {
  return schema
    .filter(({ type }) => type === "table")
    .flatMap(({ name, sql }) =>
      [...sql.matchAll(/[`"](encrypted_\w+)[`"]/g)].map(([, column = ""]) => ({ table: name, column })),
    );
}
