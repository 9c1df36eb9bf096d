/** What is on disk: D1, R2 and the upload sessions, read from the local runtime's own SQLite files. */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Server } from "../support/server.ts";

export interface StoredBlob {
  digest: string;
  objectKey: string;
  size: number;
  /** A repository that may serve it. */
  repository: string;
}

/** The rows of `blobs`. */
export function storedBlobs(server: Server): StoredBlob[] {
  return files(server, "d1/*").flatMap((file) =>
    query<StoredBlob>(
      file,
      `SELECT digest, object_key AS objectKey, size, min(repositories.name) AS repository FROM blobs
       LEFT JOIN repository_blobs ON blob_id = blobs.id LEFT JOIN repositories ON repositories.id = repository_id
       GROUP BY blobs.id`,
    ),
  );
}

/**
 * The keys of R2 objects and unfinished multipart uploads that nobody knows of: no `blobs` row names them, garbage collection
 * has not noted them for its next run, and no upload session that still has an alarm remembers them.
 */
export function leakedKeys(server: Server): string[] {
  return unknownOf(server, "SELECT key FROM _mf_objects").concat(leakedMultiparts(server));
}

/** Those of them that nobody will ever remove, since a search of the bucket finds objects alone. */
export function leakedMultiparts(server: Server): string[] {
  // State 0 is a multipart upload that was neither completed nor aborted.
  return unknownOf(server, "SELECT key FROM _mf_multipart_uploads WHERE state = 0");
}

/** Makes all objects of a registry that is not running older. */
export function ageObjects(stateDir: string, ms: number): void {
  for (const file of globSync(join(stateDir, "data/r2/*/*.sqlite")).filter(isOfObject)) {
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.exec(`UPDATE _mf_objects SET uploaded = uploaded - ${ms}`);
    database.close();
  }
}

function unknownOf(server: Server, sql: string): string[] {
  const present = files(server, "r2/*").flatMap((file) => query<{ key: string }>(file, sql));
  const alarms = new Set(
    globSync(join(server.stateDir, "data/do/*UploadSession/metadata.sqlite")).flatMap((file) =>
      query<{ session: string }>(file, "SELECT actor_id AS session FROM _cf_ALARM").map(({ session }) => session),
    ),
  );
  const remembered = files(server, "do/*UploadSession")
    .filter((file) => alarms.has(basename(file, ".sqlite")))
    // One that was killed before it wrote anything has no table yet.
    .filter((file) => query(file, "SELECT 1 FROM sqlite_master WHERE name = '_cf_KV'").length > 0)
    .flatMap((file) =>
      query<{ key: string }>(file, "SELECT substr(key, 8) AS key FROM _cf_KV WHERE key LIKE 'object:%'"),
    );
  const known = new Set([
    ...storedBlobs(server).map(({ objectKey }) => objectKey),
    ...files(server, "d1/*").flatMap((file) =>
      query<{ key: string }>(file, "SELECT object_key AS key FROM garbage_objects").map(({ key }) => key),
    ),
    ...remembered.map(({ key }) => key),
  ]);
  return present.map(({ key }) => key).filter((key) => !known.has(key));
}

/** The databases of all objects of one kind. */
function files(server: Server, kind: string): string[] {
  return globSync(join(server.stateDir, "data", kind, "*.sqlite")).filter(isOfObject);
}

function isOfObject(file: string): boolean {
  return basename(file) !== "metadata.sqlite";
}

function query<Row>(file: string, sql: string): Row[] {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
}
