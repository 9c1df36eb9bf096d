/** Encrypted columns that are not under the current key. The index of each by its key is in migration 0004, that of remotes in 0009. */
import { and, asc, isNotNull, type SQL, sql } from "drizzle-orm";
import { KEY_MARK_LENGTH } from "../../model/key-marks.ts";
import type { Database } from "../database.ts";
import { accessKeys, clusters, remotes, triggers } from "../schema.ts";

/**
 * Every column that is encrypted, with what a secret's context is made of (`registry/housekeeping/secret-rotation.ts`). One statement takes
 * the secrets of `slice` rows, in and out: of what D1 takes at once, 2 MB, that is half at most.
 */
const PLACES = {
  accessKeys: {
    table: accessKeys,
    id: accessKeys.id,
    encrypted: accessKeys.encryptedSecret,
    owner: accessKeys.userId,
    name: accessKeys.accessKey,
    slice: 200,
  },
  triggers: {
    table: triggers,
    id: triggers.id,
    encrypted: triggers.encryptedSecrets,
    owner: triggers.repositoryId,
    name: triggers.name,
    slice: 20,
  },
  clusters: {
    table: clusters,
    id: clusters.id,
    encrypted: clusters.encryptedToken,
    owner: clusters.organizationId,
    name: clusters.name,
    slice: 20,
  },
  remotes: {
    table: remotes,
    id: remotes.id,
    encrypted: remotes.encryptedPassword,
    owner: remotes.accountId,
    name: remotes.name,
    slice: 20,
  },
} as const;

export type EncryptedPlace = keyof typeof PLACES;
export const ENCRYPTED_PLACES: readonly EncryptedPlace[] = ["accessKeys", "triggers", "clusters", "remotes"];

/** A secret that is under another key than the current one. */
export interface EncryptedRow {
  id: number;
  encrypted: string;
  /** The user, repository, organization or account that it belongs to. */
  owner: number;
  name: string;
}

/** Written exactly as in the indexes: SQLite compares expressions by their text. */
function markOf(place: EncryptedPlace): SQL<string> {
  return sql<string>`substr(${PLACES[place].encrypted}, 1, ${sql.raw(String(KEY_MARK_LENGTH))})`;
}

/** Two searches of an index, one on each side of the current key, find what is under other keys; one search would read all. */
type Side = "<" | ">";
const SIDES: readonly Side[] = ["<", ">"];

function isBeside(place: EncryptedPlace, side: Side, mark: string): SQL | undefined {
  return and(isNotNull(PLACES[place].encrypted), sql`${markOf(place)} ${sql.raw(side)} ${mark}`);
}

/**
 * Slices of what is not under a key, each row once, also if it stays as it is.
 *
 * @param mark of the current key (`keyMark`).
 */
export async function* listUnderOtherKeys(
  db: Database,
  place: EncryptedPlace,
  mark: string,
): AsyncGenerator<EncryptedRow[], void> {
  const { slice } = PLACES[place];
  for (const side of SIDES) {
    let last: EncryptedRow | undefined;
    do {
      const rows: EncryptedRow[] = await underOtherKeysQuery(db, place, mark, side, last);
      if (rows.length > 0) yield rows;
      last = rows.length < slice ? undefined : rows.at(-1);
    } while (last);
  }
}

function underOtherKeysQuery(
  db: Database,
  place: EncryptedPlace,
  mark: string,
  side: Side,
  last: EncryptedRow | undefined,
) {
  const { table, id, encrypted, owner, name, slice } = PLACES[place];
  const isBehind = last && sql`(${markOf(place)}, ${id}) > (${last.encrypted.slice(0, KEY_MARK_LENGTH)}, ${last.id})`;
  return db
    .select({ id, encrypted: sql<string>`${encrypted}`, owner, name })
    .from(table)
    .where(and(isBeside(place, side, mark), isBehind))
    .orderBy(asc(markOf(place)), asc(id))
    .limit(slice);
}

/** Puts texts in the place of others, in one statement, and leaves alone what somebody has changed meanwhile. */
export async function replaceEncrypted(
  db: Database,
  place: EncryptedPlace,
  replacements: readonly { id: number; from: string; to: string }[],
): Promise<number> {
  const { table, id, encrypted } = PLACES[place];
  const column = sql.identifier(encrypted.name);
  const { meta } = await db.run(
    sql`UPDATE ${table} SET ${column} = new.value ->> 'to' FROM json_each(${JSON.stringify(replacements)}) AS new
        WHERE ${id} = new.value ->> 'id' AND ${encrypted} = new.value ->> 'from'`,
  );
  return meta.changes;
}

/**
 * How much is not under the current key, and how much of it is under none of the others either.
 *
 * @param mark of the current key.
 * @param others of the keys that are accepted besides.
 */
export async function countUnderOtherKeys(
  db: Database,
  place: EncryptedPlace,
  mark: string,
  others: readonly string[],
): Promise<{ left: number; lost: number }> {
  const [below, above] = await db.batch([
    countBesideQuery(db, place, "<", mark, others),
    countBesideQuery(db, place, ">", mark, others),
  ]);
  const counts = [...below, ...above];
  return {
    left: counts.reduce((sum, { left }) => sum + left, 0),
    lost: counts.reduce((sum, { lost }) => sum + lost, 0),
  };
}

function countBesideQuery(db: Database, place: EncryptedPlace, side: Side, mark: string, others: readonly string[]) {
  const isLost = sql`${markOf(place)} LIKE '%.' AND ${markOf(place)} NOT IN (SELECT value FROM json_each(${JSON.stringify(others)}))`;
  return db
    .select({ left: sql<number>`count(*)`, lost: sql<number>`ifnull(sum(${isLost}), 0)` })
    .from(PLACES[place].table)
    .where(isBeside(place, side, mark));
}
