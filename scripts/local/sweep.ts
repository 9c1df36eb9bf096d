/**
 * Removes what the simulators of R2 and Durable Objects leave on the disk: files of upload sessions that are over, bytes that
 * a killed process had written before they were noted, and notes of bytes that are gone.
 */
import { existsSync, globSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

const { DatabaseSync: Database } = await importQuietly(() => import("node:sqlite"));

/** Node 22 warns of its SQLite, which users of Berth can do nothing about. */
async function importQuietly<T>(load: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return await load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** What of a database file may be beside it. */
const COMPANIONS = ["", "-wal", "-shm", "-journal"];

/** SQLITE_READONLY_ROLLBACK: a transaction is under way, or a process was killed in the middle of one. */
const IN_THE_MIDDLE = 776;

/** What was removed. */
export interface Swept {
  sessions: number;
  files: number;
  /** Keys of R2 objects whose bytes are gone. */
  lost: string[];
}

/**
 * Sweeps the data of a runtime that is not running.
 *
 * @param data Miniflare's folder.
 */
export function sweep(data: string): Swept {
  // What a killed process has left half done is undone by the next process that opens it to write, and by none that only reads.
  for (const file of globSync(join(data, "{do,r2,d1}", "*", "*.sqlite"))) if (existsSync(`${file}-journal`)) undo(file);
  return { sessions: sweepSessions(data), ...sweepBuckets(data) };
}

/**
 * Removes the files of upload sessions that are over: a session that is not has an alarm. May be called while the runtime
 * runs: what it is in the middle of changing is left to the next time.
 *
 * @param endedBefore leaves alone what changed since, in milliseconds of the epoch.
 * @returns how many sessions there were.
 */
export function sweepSessions(data: string, endedBefore = Infinity): number {
  try {
    return sweepQuietSessions(data, endedBefore);
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === IN_THE_MIDDLE) return 0;
    throw error;
  }
}

function sweepQuietSessions(data: string, endedBefore: number): number {
  let swept = 0;
  for (const metadata of globSync(join(data, "do", "*UploadSession", "metadata.sqlite"))) {
    const folder = dirname(metadata);
    // Listed first: a session that begins meanwhile is not in the list.
    const files = readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== basename(metadata));
    const awaited = new Set(read(metadata, "_cf_ALARM", "actor_id"));
    for (const name of files) {
      const file = join(folder, name);
      if (awaited.has(name.slice(0, -".sqlite".length)) || !isOlder(file, endedBefore)) continue;
      if (read(file, "_cf_KV", "key").length > 0) continue;
      for (const companion of COMPANIONS) rmSync(`${file}${companion}`, { force: true });
      swept += 1;
    }
  }
  return swept;
}

function isOlder(file: string, than: number): boolean {
  const changes = COMPANIONS.map(
    (companion) => statSync(`${file}${companion}`, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(...changes) < than;
}

/** Makes the files of R2's simulator and its notes agree. */
function sweepBuckets(data: string): { files: number; lost: string[] } {
  const databases = globSync(join(data, "r2", "*R2BucketObject", "*.sqlite")).filter(
    (file) => basename(file) !== "metadata.sqlite",
  );
  const folders = globSync(join(data, "r2", "*", "blobs"));
  const present = new Set(folders.flatMap((folder) => readdirSync(folder)));
  const noted = new Set<string>();
  const lost: string[] = [];
  for (const file of databases) {
    lost.push(...forgetLost(file, present));
    // What is left of an object that lost a part is of no use, either.
    for (const id of [...read(file, "_mf_objects", "blob_id"), ...read(file, "_mf_multipart_parts", "blob_id")]) {
      noted.add(id);
    }
  }
  let files = 0;
  for (const folder of folders) {
    for (const name of readdirSync(folder)) {
      if (noted.has(name)) continue;
      rmSync(join(folder, name), { force: true });
      files += 1;
    }
  }
  return { files, lost };
}

/** Deletes an object from the simulator's database when one of its files is gone. @returns the keys of these objects. */
function forgetLost(file: string, present: ReadonlySet<string>): string[] {
  const database = new Database(file);
  try {
    if (!hasTable(database, "_mf_objects")) return [];
    const rows = database
      .prepare(
        `SELECT key, blob_id AS id FROM _mf_objects WHERE blob_id IS NOT NULL
         UNION ALL SELECT object_key, blob_id FROM _mf_multipart_parts WHERE object_key IS NOT NULL`,
      )
      .all();
    const lost = new Set(rows.flatMap(({ key, id }) => (present.has(String(id)) ? [] : [String(key)])));
    for (const key of lost) {
      database.prepare("DELETE FROM _mf_multipart_parts WHERE object_key = ?").run(key);
      database.prepare("DELETE FROM _mf_objects WHERE key = ?").run(key);
    }
    return [...lost];
  } finally {
    database.close();
  }
}

/** Undoes the transaction that a process was killed in the middle of: the first read of one that may write does. */
function undo(file: string): void {
  const database = new Database(file, { timeout: 5000 });
  try {
    hasTable(database, "_cf_KV");
  } finally {
    database.close();
  }
}

/** The texts of one column, none of a table or database that is not there. */
function read(file: string, table: string, column: string): string[] {
  if (!existsSync(file)) return [];
  const database = new Database(file, { readOnly: true, timeout: 5000 });
  try {
    if (!hasTable(database, table)) return [];
    const rows = database.prepare(`SELECT ${column} AS text FROM ${table} WHERE ${column} IS NOT NULL`).all();
    return rows.map(({ text }) => String(text));
  } finally {
    database.close();
  }
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;
}
