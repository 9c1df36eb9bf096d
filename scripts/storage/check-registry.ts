/**
 * Reads all that a registry stores, and compares it: rows with objects, bytes with digests, manifests with what they name, numbers with
 * counts. It can mend what can be mended without bytes that nobody has.
 */
import { createHash } from "node:crypto";
import { algorithmOf, hexOf, isDigest } from "../../src/kernel/digest.ts";
import { parseManifest } from "../../src/kernel/manifest.ts";
import { COUNTERS, countWrong, recount } from "./counters.ts";
import { isVirtual, readSchema, tablesOf } from "./snapshot.ts";
import { forEachOf, hasDigest, query, quoted, type Row, type Statement, type Store } from "./store.ts";

/** Objects that are read at once. */
const PARALLEL = 4;
const PAGE = 500;
/** As garbage collection does (`registry/garbage/garbage.ts`): a younger object may belong to an upload under way. */
const ORPHAN_MS = 2 * 24 * 60 * 60 * 1000;
/** How many images are named that need a blob. */
const NAMED_IMAGES = 5;

export type FindingKind =
  /** A blob's object is not there. */
  | "missing-object"
  /** It has another size or digest. */
  | "damaged-object"
  /** It is there, although it was noted as lost. */
  | "found-object"
  /** No row names it. */
  | "object-without-row"
  /** A manifest's text is not what its digest says. */
  | "damaged-manifest"
  /** A configuration, layer or child that a manifest names is not in its image. */
  | "missing-part"
  /** It is in the registry, but not noted as the manifest's. */
  | "unlinked-part"
  /** A row refers to one that is not there. */
  | "dangling-row"
  /** A number that triggers keep is not what a count comes to. */
  | "wrong-number"
  /** A search index is not what its table has. */
  | "wrong-index"
  /** The database file itself is damaged. */
  | "damaged-database";

export interface Finding {
  kind: FindingKind;
  /** What is the case, in a sentence. */
  text: string;
  /** Whether it was mended. */
  isMended: boolean;
  /** What is left to do for somebody. */
  todo?: string;
}

export interface CheckOptions {
  isRepairing: boolean;
  /** Is told each finding as it comes. */
  tell: (finding: Finding) => void;
  now?: number;
}

export interface CheckResult {
  objects: number;
  bytes: number;
  manifests: number;
  findings: number;
  mended: number;
}

/** Checks everything, and mends what can be mended if that is wanted. */
export async function checkStorage(
  store: Store,
  { isRepairing, tell, now = Date.now() }: CheckOptions,
): Promise<CheckResult> {
  const result: CheckResult = { objects: 0, bytes: 0, manifests: 0, findings: 0, mended: 0 };
  const check = new Check(store, isRepairing, now, (finding) => {
    result.findings += 1;
    if (finding.isMended) result.mended += 1;
    tell(finding);
  });
  await check.database();
  Object.assign(result, await check.objects());
  result.manifests = await check.manifests();
  // Last, for what was mended before changes numbers.
  await check.numbers();
  await check.indexes();
  return result;
}

interface Blob {
  id: number;
  digest: string;
  key: string;
  size: number;
  isLost: boolean;
}

class Check {
  readonly #store: Store;
  readonly #isRepairing: boolean;
  readonly #now: number;
  readonly #tell: (finding: Finding) => void;

  constructor(store: Store, isRepairing: boolean, now: number, tell: (finding: Finding) => void) {
    this.#store = store;
    this.#isRepairing = isRepairing;
    this.#now = now;
    this.#tell = tell;
  }

  /** @param mend what puts it right; undefined when nothing does. */
  async #found(
    kind: FindingKind,
    text: string,
    mend: (() => Promise<unknown>) | undefined,
    todo?: string,
  ): Promise<void> {
    const isMended = this.#isRepairing && mend !== undefined;
    if (isMended) await mend();
    this.#tell({ kind, text, isMended, ...(todo !== undefined && { todo }) });
  }

  /** The database itself, and rows that refer to others. */
  async database(): Promise<void> {
    for (const row of await query(this.#store, "PRAGMA quick_check")) {
      const text = String(Object.values(row)[0]);
      if (text !== "ok") await this.#found("damaged-database", text, undefined, "Restore a backup.");
    }
    const dangling = new Map<string, number[]>();
    for (const { table, rowid, parent } of await query(this.#store, "PRAGMA foreign_key_check")) {
      const key = `${String(table)} ${String(parent)}`;
      dangling.set(key, [...(dangling.get(key) ?? []), Number(rowid)]);
    }
    for (const [key, rows] of dangling) {
      const [table = "", parent = ""] = key.split(" ");
      const text = `${rows.length} rows of ${table} refer to rows of ${parent} that are not there`;
      await this.#found("dangling-row", text, () =>
        this.#withoutTriggers([
          {
            sql: `DELETE FROM ${quoted(table)} WHERE rowid IN (${rows.map((row) => Math.trunc(row)).join(", ")})`,
          },
        ]),
      );
    }
  }

  /** The bucket and the rows of blobs, both in the order of keys. */
  async objects(): Promise<Pick<CheckResult, "objects" | "bytes">> {
    const result = { objects: 0, bytes: 0 };
    const rows = this.#blobs();
    let row = await rows.next();
    const toRead: Blob[] = [];
    const readAll = async () => {
      await forEachOf(toRead.splice(0), PARALLEL, (blob) => this.#read(blob));
    };
    const isBefore = (key: string | undefined) => !row.done && (key === undefined || row.value.key < key);
    for await (const object of this.#listed()) {
      result.objects += 1;
      result.bytes += object.size;
      while (isBefore(object.key)) {
        if (!row.done) await this.#missing(row.value);
        row = await rows.next();
      }
      if (!row.done && row.value.key === object.key) {
        toRead.push(row.value);
        row = await rows.next();
      } else await this.#orphan(object);
      if (toRead.length >= PAGE) await readAll();
    }
    while (isBefore(undefined)) {
      if (!row.done) await this.#missing(row.value);
      row = await rows.next();
    }
    await readAll();
    return result;
  }

  async *#listed() {
    for (let after: string | undefined; ;) {
      const page = await this.#store.listObjects(after);
      yield* page.objects;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async *#blobs(): AsyncGenerator<Blob, undefined> {
    for (let after = ""; ;) {
      const rows = await query(
        this.#store,
        `SELECT id, digest, object_key AS key, size, lost_at FROM blobs WHERE object_key > ?1 ORDER BY object_key LIMIT ${PAGE}`,
        after,
      );
      for (const { id, digest, key, size, lost_at } of rows) {
        yield {
          id: Number(id),
          digest: String(digest),
          key: String(key),
          size: Number(size),
          isLost: lost_at !== null,
        };
      }
      const last = rows.at(-1);
      if (last === undefined) return undefined;
      after = String(last.key);
    }
  }

  /** Whether a blob's row is as it was: pushes and collections go on meanwhile. */
  async #isUnchanged({ digest, key }: Blob): Promise<boolean> {
    const [row] = await query(this.#store, "SELECT object_key AS key FROM blobs WHERE digest = ?1", digest);
    return row?.key === key;
  }

  async #missing(blob: Blob): Promise<void> {
    // It was listed before its row was read: it may have come since, or have been collected.
    if ((await this.#store.headObject(blob.key)) !== undefined) {
      await this.#read(blob);
      return;
    }
    if (!(await this.#isUnchanged(blob))) return;
    await this.#found(
      "missing-object",
      `${blob.digest} has no object (${blob.key})${await this.#neededBy(blob)}`,
      blob.isLost ? () => Promise.resolve() : () => this.#markLost(blob),
      "Push an image that has it again: the registry takes its bytes.",
    );
  }

  async #read(blob: Blob): Promise<void> {
    if (await this.#isRight(blob)) {
      if (!blob.isLost) return;
      const clear = { sql: "UPDATE blobs SET lost_at = NULL WHERE object_key = ?1", params: [blob.key] };
      await this.#found("found-object", `${blob.digest} was noted as lost, and is there`, () =>
        this.#store.batch([clear]),
      );
      return;
    }
    // Read twice before anything is given up.
    if (await this.#isRight(blob)) return;
    if (!(await this.#isUnchanged(blob))) return;
    await this.#found(
      "damaged-object",
      `${blob.digest} has an object of other bytes (${blob.key})${await this.#neededBy(blob)}`,
      async () => {
        await this.#markLost(blob);
        await this.#store.deleteObject(blob.key);
      },
      "Push an image that has it again: the registry takes its bytes.",
    );
  }

  async #isRight({ key, ...blob }: Blob): Promise<boolean> {
    const object = await this.#store.readObject(key);
    return object !== undefined && (await hasDigest(object.body, blob));
  }

  #markLost({ key }: Blob): Promise<unknown> {
    const params = [key, String(this.#now)];
    const sql = "UPDATE blobs SET lost_at = CAST(?2 AS INTEGER) WHERE object_key = ?1 AND lost_at IS NULL";
    return this.#store.batch([{ sql, params }]);
  }

  async #neededBy({ id }: Blob): Promise<string> {
    const rows = await query(
      this.#store,
      `SELECT DISTINCT repositories.name AS name FROM manifest_blobs JOIN manifests ON manifests.id = manifest_id
       JOIN repositories ON repositories.id = repository_id WHERE blob_id = CAST(?1 AS INTEGER) LIMIT ${NAMED_IMAGES + 1}`,
      String(id),
    );
    if (rows.length === 0) return "; no image needs it";
    const names = rows.slice(0, NAMED_IMAGES).map(({ name }) => String(name));
    return `; needed by ${names.join(", ")}${rows.length > NAMED_IMAGES ? " and others" : ""}`;
  }

  async #orphan({ key, size, storedAt }: { key: string; size: number; storedAt: number }): Promise<void> {
    if (storedAt > this.#now - ORPHAN_MS) return;
    const named = `SELECT 1 FROM blobs WHERE object_key = ?1 UNION ALL SELECT 1 FROM garbage_objects WHERE object_key = ?1`;
    if ((await query(this.#store, named, key)).length > 0) return;
    const hand = {
      sql: `INSERT INTO garbage_objects (object_key, size) SELECT ?1, CAST(?2 AS INTEGER)
            WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE object_key = ?1) ON CONFLICT DO NOTHING`,
      params: [key, String(size)],
    };
    await this.#found(
      "object-without-row",
      `${key} has ${size} bytes, and no blob`,
      () => this.#store.batch([hand]),
      "Garbage collection deletes it.",
    );
  }

  /** Texts of manifests, and what they name. @returns how many there are. */
  async manifests(): Promise<number> {
    let count = 0;
    for (let after = "0"; ;) {
      const rows = await query(
        this.#store,
        `SELECT manifests.id AS id, digest, size, media_type AS mediaType, repository_id AS repository, repositories.name AS name
         FROM manifests JOIN repositories ON repositories.id = repository_id
         WHERE manifests.id > CAST(?1 AS INTEGER) AND digest < '~' AND account_id <> 0 ORDER BY manifests.id LIMIT ${PAGE}`,
        after,
      );
      for (const row of rows) await this.#manifest(row);
      count += rows.length;
      const last = rows.at(-1);
      if (last === undefined) return count;
      after = String(last.id);
    }
  }

  async #manifest({ id, digest, size, mediaType, repository, name }: Row): Promise<void> {
    const key = String(id);
    const where = `${String(name)}@${String(digest)}`;
    const pieces = await query(
      this.#store,
      "SELECT text FROM manifest_texts WHERE manifest_id = CAST(?1 AS INTEGER) ORDER BY position",
      key,
    );
    const text = pieces.map((piece) => String(piece.text)).join("");
    if (!isTextOf(text, String(digest), Number(size))) {
      const [still] = await query(this.#store, "SELECT 1 FROM manifests WHERE id = CAST(?1 AS INTEGER)", key);
      if (still === undefined) return;
      const todo = "Delete it, and push the image again.";
      await this.#found("damaged-manifest", `${where} has a text of another digest or size`, undefined, todo);
      return;
    }
    const manifest = parseManifest(text, String(mediaType));
    const parts = JSON.stringify([
      ...manifest.blobs.map((part) => ({ part, isManifest: 0 })),
      ...manifest.children.map((part) => ({ part, isManifest: 1 })),
    ]);
    const missing = await query(this.#store, MISSING_PARTS, key, String(repository), parts);
    for (const { part, isManifest, target, isInImage } of missing) {
      const what = isManifest === 1 ? "manifest" : "blob";
      if (target === null || (isManifest === 0 && isInImage === 0 && target === null)) {
        const todo = "Push the image again.";
        await this.#found(
          "missing-part",
          `${where} names the ${what} ${String(part)}, which is not there`,
          undefined,
          todo,
        );
        continue;
      }
      const link: Statement =
        isManifest === 1
          ? {
              sql: "INSERT INTO manifest_children (parent_id, child_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER)) ON CONFLICT DO NOTHING",
              params: [key, String(target)],
            }
          : {
              sql: "INSERT INTO manifest_blobs (manifest_id, blob_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER)) ON CONFLICT DO NOTHING",
              params: [key, String(target)],
            };
      const place: Statement = {
        sql: "INSERT INTO repository_blobs (repository_id, blob_id) VALUES (CAST(?1 AS INTEGER), CAST(?2 AS INTEGER)) ON CONFLICT DO NOTHING",
        params: [String(repository), String(target)],
      };
      await this.#found(
        "unlinked-part",
        `${where} names the ${what} ${String(part)}, which is not noted as its own`,
        async () => {
          if (isManifest === 0) await this.#store.batch([place]);
          await this.#store.batch([link]);
        },
      );
    }
  }

  async numbers(): Promise<void> {
    const wrong = [];
    for (const counter of COUNTERS) {
      const [{ wrong: count } = { wrong: 0 }] = await this.#store
        .batch([countWrong(counter)])
        .then(([rows = []]) => rows);
      if (Number(count) > 0) wrong.push({ counter, count: Number(count) });
    }
    if (wrong.length === 0) return;
    // All of them: one that is right may go by one that is not.
    if (this.#isRepairing) await this.#withoutTriggers(COUNTERS.map(recount));
    for (const { counter, count } of wrong) {
      await this.#found("wrong-number", `${count} wrong numbers: ${counter.name}`, () => Promise.resolve());
    }
  }

  async indexes(): Promise<void> {
    for (const { name } of (await readSchema(this.#store)).filter(isVirtual)) {
      const command = (text: string): Statement => ({
        sql: `INSERT INTO ${quoted(name)} (${quoted(name)}, rank) VALUES ('${text}', 1)`,
      });
      try {
        await this.#store.batch([command("integrity-check")]);
      } catch (error) {
        if (!/malformed|corrupt/i.test(String(error))) throw error;
        const rebuild = { sql: `INSERT INTO ${quoted(name)} (${quoted(name)}) VALUES ('rebuild')` };
        await this.#found("wrong-index", `${name} is not what its table has`, () => this.#store.batch([rebuild]));
      }
    }
  }

  /** Runs statements in a transaction in which no SQL trigger counts along, or refuses numbers above a limit. */
  async #withoutTriggers(statements: readonly Statement[]): Promise<void> {
    const triggers = (await readSchema(this.#store)).filter(({ type }) => type === "trigger");
    await this.#store.batch([
      ...triggers.map(({ name }): Statement => ({ sql: `DROP TRIGGER ${quoted(name)}` })),
      ...statements,
      ...triggers.map(({ sql }): Statement => ({ sql })),
    ]);
  }
}

/**
 * What a manifest (1) of an image (2) names (3, JSON), and its rows do not: `target` is the row in `blobs` or `manifests`, where
 * there is one. What a pull-through cache has not fetched yet is no finding.
 */
const MISSING_PARTS = `
  WITH named AS (SELECT value ->> 'part' AS part, value ->> 'isManifest' AS isManifest FROM json_each(?3)),
    found AS (
      SELECT part, isManifest, iif(isManifest,
        (SELECT id FROM manifests WHERE repository_id = CAST(?2 AS INTEGER) AND digest = part),
        (SELECT id FROM blobs WHERE digest = part)) AS target
      FROM named)
  SELECT part, isManifest, target,
    EXISTS (SELECT 1 FROM repository_blobs WHERE repository_id = CAST(?2 AS INTEGER) AND blob_id = target) AS isInImage
  FROM found
  WHERE NOT EXISTS (
      SELECT 1 FROM upstream_parts
      WHERE repository_id = CAST(?2 AS INTEGER) AND upstream_parts.digest = part AND manifest_id = CAST(?1 AS INTEGER))
    AND (target IS NULL
      OR (isManifest AND NOT EXISTS (
        SELECT 1 FROM manifest_children WHERE parent_id = CAST(?1 AS INTEGER) AND child_id = target))
      OR (NOT isManifest AND (
        NOT EXISTS (SELECT 1 FROM manifest_blobs WHERE manifest_id = CAST(?1 AS INTEGER) AND blob_id = target)
        OR NOT EXISTS (SELECT 1 FROM repository_blobs WHERE repository_id = CAST(?2 AS INTEGER) AND blob_id = target))))
  ORDER BY part`;

function isTextOf(text: string, digest: string, size: number): boolean {
  const bytes = Buffer.from(text, "utf8");
  if (!isDigest(digest) || bytes.byteLength !== size) return false;
  return createHash(algorithmOf(digest)).update(bytes).digest("hex") === hexOf(digest);
}

/** Whether a database has the tables of a registry. */
export async function isRegistry(store: Store): Promise<boolean> {
  return tablesOf(await readSchema(store)).includes("repositories");
}
