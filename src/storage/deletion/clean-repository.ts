/** What a deleted repository had. */
import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Database } from "../database.ts";
import { deleteDeliveries, deleteSyncs, SLICE_ROWS } from "./cleanups.ts";
import { DELETED, GONE, GONE_ACCOUNT, goneManifest } from "./gone.ts";
import { SLICE_MANIFESTS, takeApart, takingApart } from "./take-apart.ts";
import {
  blobs,
  cleanups,
  dailyImageUsage,
  deliveries,
  manifests,
  repositories,
  repositoryBlobs,
  repositoryPermissions,
  restingCompanions,
  agingLog,
  syncJobs,
  tagHistory,
  tags,
  triggers,
  unsettledManifests,
  upstreamTags,
} from "../schema.ts";

/** The tables that have rows of a repository which nothing else refers to. */
const TABLES_OF_REPOSITORY = [
  tags,
  restingCompanions,
  unsettledManifests,
  repositoryBlobs,
  tagHistory,
  agingLog,
  repositoryPermissions,
  syncJobs,
  upstreamTags,
  dailyImageUsage,
] as const;

type TableOfRepository = (typeof TABLES_OF_REPOSITORY)[number];

/**
 * Deletes a slice of everything that a deleted repository had, in one batch: all of one that has little.
 *
 * @returns whether nothing is left.
 */
export async function cleanSmallRepository(db: Database, id: number): Promise<boolean> {
  const own = sql`
    SELECT ${manifests.id} AS id, ${manifests.repositoryId} AS repository_id, ${manifests.digest} AS digest,
           ${manifests.size} AS size
    FROM ${manifests} WHERE ${manifests.repositoryId} = ${id} AND ${manifests.digest} >= ${GONE}
    ORDER BY ${manifests.id} DESC LIMIT ${SLICE_MANIFESTS}`;
  await db.batch([
    deleteRows(db, tags, id),
    deleteRows(db, restingCompanions, id),
    deleteRows(db, unsettledManifests, id),
    hideManifests(db, id, hasFewManifests(id)),
    touchLinked(db, id),
    deleteRows(db, repositoryBlobs, id),
    ...takingApart(db, own, DELETED),
    deleteRows(db, tagHistory, id),
    deleteRows(db, agingLog, id),
    deleteRows(db, repositoryPermissions, id),
    ...deleteSyncs(db, id),
    deleteRows(db, upstreamTags, id),
    deleteRows(db, dailyImageUsage, id),
    ...deleteDeliveries(db, triggersOf(id)),
  ]);
  // In a batch of its own: only now is all that belonged to it counted off.
  const [deleted] = await db.batch(deleteEmpty(db, id));
  return deleted.length > 0;
}

/** What is deleted of a repository, in an order that foreign keys allow. Each answers how many rows went. */
const STAGES: readonly ((db: Database, repositoryId: number) => Promise<number | "waits">)[] = [
  async (db, id) => (await deleteRows(db, tags, id)).length,
  async (db, id) => (await deleteRows(db, restingCompanions, id)).length,
  async (db, id) => (await deleteRows(db, unsettledManifests, id)).length,
  async (db, id) => (await hideManifests(db, id)).length,
  // Before the manifests, each of which would take itself off the links of its blobs.
  async (db, id) => (await db.batch([touchLinked(db, id), deleteRows(db, repositoryBlobs, id)]))[1].length,
  // If nothing changed, manifests of another image come first, which has not let go of all of its own.
  async (db, id) => ((await hasManifests(db, id)) ? (await takeApart(db)) || "waits" : 0),
  async (db, id) => (await deleteRows(db, tagHistory, id)).length,
  async (db, id) => (await deleteRows(db, agingLog, id)).length,
  async (db, id) => (await deleteRows(db, repositoryPermissions, id)).length,
  async (db, id) => (await db.batch(deleteSyncs(db, id)))[1].length,
  async (db, id) => (await deleteRows(db, upstreamTags, id)).length,
  async (db, id) => (await deleteRows(db, dailyImageUsage, id)).length,
  async (db, id) => (await db.batch(deleteDeliveries(db, triggersOf(id))))[1].length,
];

/**
 * Deletes a slice of what one stage deletes of a deleted repository; behind the last stage, the repository itself.
 *
 * @returns the stage to go on with, which is the first again when another run has left something; "done" when nothing is
 * left; "waits" while manifests of other images have to be taken apart first.
 */
export async function cleanRepository(db: Database, id: number, stage: number): Promise<number | "done" | "waits"> {
  const work = STAGES[stage];
  if (work) {
    const changed = await work(db, id);
    if (changed === "waits") return "waits";
    return changed > 0 ? stage : stage + 1;
  }
  const [deleted] = await db.batch(deleteEmpty(db, id));
  if (deleted.length > 0) return "done";
  const [left] = await db.select({ id: repositories.id }).from(repositories).where(eq(repositories.id, id));
  return left ? 0 : "done";
}

async function hasManifests(db: Database, repositoryId: number): Promise<boolean> {
  const rows = await db
    .select({ id: manifests.id })
    .from(manifests)
    .where(eq(manifests.repositoryId, repositoryId))
    .limit(1);
  return rows.length > 0;
}

/** Deletes a slice of the rows that a table has of a repository. */
function deleteRows(db: Database, table: TableOfRepository, repositoryId: number) {
  const slice = sql`
    SELECT rowid FROM ${table} WHERE ${table.repositoryId} = ${repositoryId} LIMIT ${SLICE_ROWS}`;
  return db
    .delete(table)
    .where(sql`${table}.rowid IN (${table === repositoryBlobs ? linksOf(repositoryId) : slice})`)
    .returning({ repositoryId: table.repositoryId });
}

function linksOf(repositoryId: number): SQL {
  return sql`
    SELECT ${repositoryBlobs}.rowid FROM ${repositoryBlobs} WHERE ${repositoryBlobs.repositoryId} = ${repositoryId}
    ORDER BY ${repositoryBlobs.blobId} LIMIT ${SLICE_ROWS}`;
}

/** Marks the blobs of the next slice of links as used now. */
function touchLinked(db: Database, repositoryId: number) {
  return db
    .update(blobs)
    .set({ lastUsedAt: new Date() })
    .where(
      sql`${blobs.id} IN (
        SELECT ${repositoryBlobs.blobId} FROM ${repositoryBlobs} WHERE ${repositoryBlobs}.rowid IN (${linksOf(repositoryId)}))`,
    );
}

/**
 * Lets a slice of the manifests of a repository be taken apart. A manifest that a tag still leads to would hold up all
 * others that are to be taken apart, so none is let go before the last tag of the repository is gone.
 */
function hideManifests(db: Database, repositoryId: number, condition = sql`1`) {
  return db
    .update(manifests)
    .set(goneManifest(DELETED))
    .where(
      sql`${manifests.id} IN (
        SELECT ${manifests.id} FROM ${manifests}
        WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} < ${GONE} AND ${condition}
          AND NOT EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.repositoryId} = ${repositoryId})
        LIMIT ${SLICE_ROWS})`,
    )
    .returning({ id: manifests.id });
}

/** Whether a repository has no more manifests than one slice hides. */
function hasFewManifests(repositoryId: number): SQL {
  return sql`(
    SELECT count(*) FROM (
      SELECT 1 FROM ${manifests}
      WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} < ${GONE} LIMIT ${SLICE_ROWS + 1})) <= ${SLICE_ROWS}`;
}

function triggersOf(repositoryId: number): SQL {
  return sql`SELECT ${triggers.id} FROM ${triggers} WHERE ${triggers.repositoryId} = ${repositoryId}`;
}

/** Deletes a deleted repository if nothing of it is left. */
function deleteEmpty(db: Database, repositoryId: number) {
  const hasNo = [...TABLES_OF_REPOSITORY, manifests].map(
    (table) => sql`NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table.repositoryId} = ${repositoryId})`,
  );
  const hasNoDeliveries = sql`NOT EXISTS (
    SELECT 1 FROM ${deliveries} WHERE ${deliveries.triggerId} IN (${triggersOf(repositoryId)}))`;
  return [
    db
      .delete(repositories)
      .where(
        and(
          eq(repositories.id, repositoryId),
          eq(repositories.accountId, GONE_ACCOUNT),
          sql.join(hasNo, sql` AND `),
          hasNoDeliveries,
        ),
      )
      .returning({ id: repositories.id }),
    db
      .delete(cleanups)
      .where(
        and(
          eq(cleanups.kind, "image"),
          eq(cleanups.targetId, repositoryId),
          sql`NOT EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${repositoryId})`,
        ),
      ),
  ] as const;
}
