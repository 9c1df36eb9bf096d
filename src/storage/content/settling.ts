/**
 * Companions rest while no tag leads to their manifest, and come back with it. Triggers note manifests that may have lost
 * their last tag, or got one (migration 0007), whatever statement did it. What was noted is settled right after the batch that
 * did, or by the next run of housekeeping.
 */
import { and, asc, eq, gt, sql, type SQL } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { DIGEST_KEY_LENGTH } from "../../kernel/tag-kind.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditForEach } from "../audit/audit.ts";
import { digestKey } from "./companions.ts";
import { isLedTo, isOfKey } from "./leading-tags.ts";
import type { Database } from "../database.ts";
import { UNWEIGHED } from "./move-tags.ts";
import { isManifestThere } from "../deletion/gone.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { isQuotaFailure } from "../quotas/quotas.ts";
import {
  manifestChildren,
  manifests,
  repositories,
  restingCompanions,
  tagHistory,
  tags,
  unsettledManifests,
} from "../schema.ts";

/** A manifest whose companions are to be settled. */
export interface Unsettled {
  digest: Digest;
  isReleased: boolean;
  /**
   * A tag that stays, although its name makes it a companion of the manifest: it was moved by the push that released the
   * manifest.
   */
  sparedTag: Tag | null;
}

/** Manifests that are settled at once: an index among them may have any number of parts. */
const SLICE = 50;

/** Companions that one statement moves, with all that triggers change along. */
const MAX_MOVED = 100;

/** The first manifests that are noted of a repository. */
export async function listUnsettled(db: Database, repositoryId: number): Promise<Unsettled[]> {
  return unsettledQuery(db, repositoryId);
}

/**
 * The last statement of a batch that moves tags: what is to be settled after it.
 *
 * @param after only what is noted of digests behind this one.
 */
export function unsettledQuery(db: Database, repositoryId: number | SQL<number>, after?: Digest) {
  return db
    .select({
      digest: unsettledManifests.digest,
      isReleased: unsettledManifests.isReleased,
      sparedTag: unsettledManifests.sparedTag,
    })
    .from(unsettledManifests)
    .where(and(eq(unsettledManifests.repositoryId, repositoryId), after && gt(unsettledManifests.digest, after)))
    .orderBy(asc(unsettledManifests.digest))
    .limit(SLICE);
}

/** Images that have something to settle, by their ids, after one of these; deleted ones are among them. */
export async function listUnsettledRepositories(
  db: Database,
  after: number,
  limit: number,
): Promise<SettledRepository[]> {
  return unsettledRepositoriesQuery(db, after, limit);
}

/** Jumps from one repository to the next along the key. */
function unsettledRepositoriesQuery(db: Database, after: number, limit: number) {
  const found = sql`(
    WITH RECURSIVE noted(id, number) AS (
      SELECT (SELECT min(repository_id) FROM ${unsettledManifests} WHERE repository_id > ${after}), 1
      UNION ALL
      SELECT (SELECT min(repository_id) FROM ${unsettledManifests} WHERE repository_id > noted.id), number + 1
      FROM noted WHERE noted.id IS NOT NULL AND number < ${limit})
    SELECT id FROM noted WHERE id IS NOT NULL)`;
  return db
    .select({ id: repositories.id, name: repositories.name, accountId: repositories.accountId })
    .from(repositories)
    .where(sql`${repositories.id} IN ${found}`)
    .orderBy(asc(repositories.id));
}

export interface SettledRepository {
  id: number;
  name: RepositoryName;
  accountId: number;
}

/** Who did it, for history and audit. */
type Doer = Pick<Actor, "address"> & { user: { id?: number; name: string; accountId: number } };

/** What the audit calls the registry itself. */
export function registryOf({ accountId }: SettledRepository): Doer {
  return { user: { name: "registry", accountId }, address: undefined };
}

/** What came of settling a slice. */
export interface Settled {
  /** What is to be settled next; empty when there is nothing more behind `after`. */
  next: Unsettled[];
  /** The digest behind which `next` is; undefined where it is from the beginning on. */
  after: Digest | undefined;
  /** How many of the slice were settled. The others stay noted, since there was no room for what returns with them. */
  settled: number;
}

/**
 * Settles manifests of a repository: companions of those that nothing holds any more rest, companions of those that are
 * held again, or came, return. What depends on these is noted, and so are the parts of an index. Where a quota has no room
 * for what is to return, that stays noted, the others are settled without it, and it goes on behind the slice.
 *
 * @param slice in the order of digests.
 * @param after the digest behind which it was listed, if there is one.
 */
export async function settle(
  db: Database,
  repository: Pick<SettledRepository, "id" | "name">,
  doer: Doer,
  slice: readonly Unsettled[],
  after?: Digest,
): Promise<Settled> {
  try {
    return { next: await settleAtOnce(db, repository, doer, slice, after), after, settled: slice.length };
  } catch (error) {
    if (!isQuotaFailure(error)) throw error;
    const returning = await findReturning(db, repository.id, slice);
    const others = slice.filter(({ digest }) => !returning.has(digest));
    const end = slice.at(-1)?.digest ?? after;
    return { next: await settleAtOnce(db, repository, doer, others, end), after: end, settled: others.length };
  }
}

/**
 * A slice as one parameter, `given`, and expressions over an entry of it under the name `noted`: `key`, by which companions
 * know its digest, and `isRecalled`, whether companions are to return to it.
 */
function readSlice(repositoryId: number, slice: readonly Unsettled[]) {
  const given = JSON.stringify(
    slice.map(({ digest, isReleased, sparedTag }) => [digest, isReleased ? 1 : 0, sparedTag]),
  );
  const key = sql`substr(noted.value ->> 0, 1, ${sql.raw(String(DIGEST_KEY_LENGTH))})`;
  // A manifest that was pushed without a tag counts as one that is there.
  const isRecalled = sql`(${isHeld(repositoryId, key)} OR noted.value ->> 1 = 0 AND ${isSubjectThere(repositoryId, key)})`;
  return { given, key, isRecalled };
}

/** Which of a slice have companions that are to return. */
async function findReturning(db: Database, id: number, slice: readonly Unsettled[]): Promise<Set<Digest>> {
  const { given, key, isRecalled } = readSlice(id, slice);
  const rows = await db.all<{ digest: Digest }>(sql`
    SELECT noted.value ->> 0 AS digest FROM json_each(${given}) AS noted
    WHERE ${isRecalled} AND EXISTS (
      SELECT 1 FROM ${restingCompanions}
      WHERE ${restingCompanions.repositoryId} = ${id} AND ${restingCompanions.companionOf} = ${key} AND ${isWhole})`);
  return new Set(rows.map(({ digest }) => digest));
}

/** Settles a slice in one batch, which fails whole when a quota has no room for what returns. */
async function settleAtOnce(
  db: Database,
  repository: Pick<SettledRepository, "id" | "name">,
  doer: Doer,
  slice: readonly Unsettled[],
  after: Digest | undefined,
): Promise<Unsettled[]> {
  const { id, name } = repository;
  if (slice.length === 0) return unsettledQuery(db, id, after);
  const now = Date.now();
  const { given, key, isRecalled } = readSlice(id, slice);
  // The condition is looked at once for each manifest, however many companions it has.
  const noted = (condition: SQL) => sql`(SELECT ${key} FROM json_each(${given}) AS noted WHERE ${condition})`;
  const released = noted(sql`noted.value ->> 1 = 1 AND NOT ${isHeld(id, key)}`);
  const recalled = noted(isRecalled);
  const isSpared = sql`EXISTS (
    SELECT 1 FROM json_each(${given}) AS noted WHERE noted.value ->> 2 = ${tags.name} AND ${key} = ${tags.companionOf})`;
  const mayRest = sql`${tags.repositoryId} = ${id} AND ${tags.companionOf} IN ${released}
    AND NOT ${isImmutable(tags)} AND NOT ${isSpared}`;
  const mayReturn = sql`${restingCompanions.repositoryId} = ${id} AND ${restingCompanions.companionOf} IN ${recalled} AND ${isWhole}`;
  const resting = sliceOf(tags, mayRest);
  const returning = sliceOf(restingCompanions, mayReturn);
  const entry = (action: "tag.delete" | "tag.restore") =>
    ({ action, organization: organizationOf(name), resource: name }) as const;
  const audited = (table: typeof tags | typeof restingCompanions, condition: SQL) => ({
    from: sql`${table} WHERE ${condition}`,
    resource: sql`${`${name}:`} || ${table.name}`,
    detail: sql`json_object('companionOf', ${table.companionOf})`,
  });
  const userId = doer.user.id ?? null;
  const results = await db.batch([
    // First, so that what the following statements note is kept.
    db
      .delete(unsettledManifests)
      .where(
        and(
          eq(unsettledManifests.repositoryId, id),
          sql`${unsettledManifests.digest} IN (SELECT value ->> 0 FROM json_each(${given}))`,
        ),
      ),
    db
      .insert(tagHistory)
      .select(sql`SELECT NULL, ${id}, ${tags.name}, NULL, ${userId}, ${now} FROM ${tags} WHERE ${resting}`),
    insertAuditForEach(db, doer, entry("tag.delete"), audited(tags, resting)),
    db.insert(restingCompanions).select(
      sql`SELECT ${id}, ${tags.name}, ${tags.manifestId}, ${tags.companionOf}, ${tags.createdAt}, ${tags.updatedAt}
          FROM ${tags} WHERE ${resting}`,
    ),
    db.delete(tags).where(resting),
    db.insert(tagHistory).select(
      sql`SELECT NULL, ${id}, ${restingCompanions.name},
                 (SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.id} = ${restingCompanions.manifestId}),
                 ${userId}, ${now}
          FROM ${restingCompanions} WHERE ${returning}`,
    ),
    insertAuditForEach(db, doer, entry("tag.restore"), audited(restingCompanions, returning)),
    // A trigger takes each from those that rest.
    db.insert(tags).select(
      sql`SELECT ${id}, ${restingCompanions.name}, ${restingCompanions.manifestId}, ${restingCompanions.createdAt},
                 ${restingCompanions.updatedAt}, ${restingCompanions.companionOf}, NULL, ${UNWEIGHED}
          FROM ${restingCompanions} WHERE ${returning}`,
    ),
    // What one slice has not moved is noted again.
    db
      .insert(unsettledManifests)
      .select(
        sql`SELECT ${id}, noted.value ->> 0, noted.value ->> 1, noted.value ->> 2 FROM json_each(${given}) AS noted
            WHERE EXISTS (SELECT 1 FROM ${tags} WHERE ${mayRest} AND ${tags.companionOf} = ${key})
              OR EXISTS (SELECT 1 FROM ${restingCompanions} WHERE ${mayReturn} AND ${restingCompanions.companionOf} = ${key})`,
      )
      .onConflictDoNothing(),
    notePartsOf(db, id, given),
    unsettledQuery(db, id, after),
  ]);
  return results[10];
}

/** The first rows of a table that meet a condition: of a manifest that has very many companions, some are left for later. */
function sliceOf(table: typeof tags | typeof restingCompanions, condition: SQL): SQL {
  return sql`${table}.rowid IN (SELECT ${table}.rowid FROM ${table} WHERE ${condition} LIMIT ${MAX_MOVED})`;
}

/** Whether what a row of `resting_companions` points to has not been deleted. */
const isWhole = sql`EXISTS (
  SELECT 1 FROM ${manifests} WHERE ${manifests.id} = ${restingCompanions.manifestId} AND ${isManifestThere(manifests)})`;

/** Whether the manifest that a companion belongs to is in the repository. */
export function isSubjectThere(repositoryId: number, key: SQL): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${manifests} AS subjects
    WHERE subjects.repository_id = ${repositoryId} AND ${isOfKey(sql`subjects.digest`, key)})`;
}

/**
 * Whether a tag holds the manifest that a companion belongs to: one of its own, or one of an index that it is part of; or
 * whether the repository keeps all manifests.
 */
function isHeld(repositoryId: number, key: SQL): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${manifests} AS subjects
    WHERE subjects.repository_id = ${repositoryId} AND ${isOfKey(sql`subjects.digest`, key)}
      AND (${isLedTo(sql`subjects.id`)} OR EXISTS (
        SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${repositoryId} AND ${repositories.keepsUntagged} = 1)))`;
}

/** Notes the parts of indexes that are being settled, as far as these have companions. */
function notePartsOf(db: Database, repositoryId: number, given: string) {
  const has = (table: typeof tags | typeof restingCompanions) => sql`EXISTS (
    SELECT 1 FROM ${table} WHERE ${table.repositoryId} = ${repositoryId} AND ${table.companionOf} = ${digestKey(sql`parts.digest`)})`;
  return db
    .insert(unsettledManifests)
    .select(
      sql`SELECT ${repositoryId}, parts.digest, max(given.value ->> 1), max(given.value ->> 2)
          FROM json_each(${given}) AS given
          CROSS JOIN ${manifests} AS wholes ON wholes.repository_id = ${repositoryId} AND wholes.digest = given.value ->> 0
          CROSS JOIN ${manifestChildren} AS edges ON edges.parent_id = wholes.id
          CROSS JOIN ${manifests} AS parts ON parts.id = edges.child_id
          WHERE ${has(tags)} OR ${has(restingCompanions)} OR EXISTS (
            SELECT 1 FROM ${manifestChildren} AS deeper WHERE deeper.parent_id = parts.id)
          GROUP BY parts.digest`,
    )
    .onConflictDoUpdate({
      target: [unsettledManifests.repositoryId, unsettledManifests.digest],
      set: { isReleased: sql`excluded.is_released`, sparedTag: sql`excluded.spared_tag` },
    });
}
