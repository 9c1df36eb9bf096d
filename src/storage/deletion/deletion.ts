/**
 * Deleting what may have any number of rows. For everybody it is gone with one small batch, and its name is free at once:
 * an image gets account 0 and a name that none can have, an organization such a name, a manifest such a digest. What it
 * had is then deleted in slices, each of which holds the database for a few milliseconds; a slice finds what those before
 * it have left, so that a process that dies on the way loses nothing, and two at once do no harm.
 */
import { and, asc, eq, gt, lt, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Actor } from "../../model/rights/access.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { type Database, MAX_WRITE_DELAY_MS } from "../database.ts";
import { digestKey } from "../content/companions.ts";
import { COLLECTED, DELETED, GONE, GONE_ACCOUNT, GONE_USER, goneManifest, goneName, isNamed, isThere } from "./gone.ts";
import {
  hasRulesAsRead,
  immutableTag,
  isImmutable,
  MAX_NAMED_TAGS,
  readRules,
  speakOfDigests,
} from "../immutable-rules/immutable-rules.ts";
import {
  accessKeys,
  blobs,
  type CleanupKind,
  cleanups,
  deliveries,
  deliveryAttempts,
  immutableTagRules,
  manifestBlobs,
  manifestChildren,
  manifests,
  organizationPermissions,
  organizations,
  repositories,
  repositoryBlobs,
  repositoryPermissions,
  restingCompanions,
  retentionLog,
  retentionRules,
  sessions,
  shares,
  tagHistory,
  tags,
  triggers,
  unsettledManifests,
  users,
} from "../schema.ts";

/** Rows of each kind that one slice changes, besides what triggers change along. */
export const SLICE_ROWS = 100;
/** Manifests that one slice takes apart, and bytes of their texts. */
const SLICE_MANIFESTS = 50;
const SLICE_TEXT_BYTES = 1024 * 1024;

/**
 * Deletes a repository: for everybody at once, with all that it has. Its blobs count as used until they are taken from it,
 * so that who is about to name them again elsewhere has the grace period for it.
 *
 * @returns whether there was one.
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps one of its tags.
 */
export async function deleteRepository(
  db: Database,
  actor: Actor,
  { id, name }: { id: number; name: RepositoryName },
): Promise<boolean> {
  const lookedAt = Date.now();
  const rules = await readRules(db, id);
  if (rules !== "[]") await refuseImmutable(db, id);
  const isDeleted = sql`EXISTS (
    SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${id} AND ${repositories.accountId} = ${GONE_ACCOUNT})`;
  const [hidden] = await db.batch([
    hidingQuery(db, id, rules, lookedAt - MAX_WRITE_DELAY_MS),
    insertAuditIfChanged(db, actor, { action: "image.delete", organization: organizationOf(name), resource: name }),
    insertCleanup(db, "image", sql`${id}`),
    // What others would still see, each at most a hundred.
    db.delete(shares).where(and(eq(shares.repositoryId, id), isDeleted)),
    db.delete(retentionRules).where(and(eq(retentionRules.repositoryId, id), isDeleted)),
    db.delete(immutableTagRules).where(and(eq(immutableTagRules.repositoryId, id), isDeleted)),
    db
      .update(triggers)
      .set({ isEnabled: false, clusterId: null })
      .where(and(eq(triggers.repositoryId, id), isDeleted)),
  ]);
  if (hidden.length > 0) return true;
  const [left] = await db
    .select({ id: repositories.id })
    .from(repositories)
    .where(and(eq(repositories.id, id), isThere));
  if (!left) return false;
  // A rule or a tag came in this moment. It may be gone by now.
  await refuseImmutable(db, id);
  throw immutableTag([]);
}

/**
 * Hides a repository unless its rules changed, or keep a tag that came since a time: those before were looked at.
 *
 * @param rules as {@link readRules} has read them.
 */
export function hidingQuery(db: Database, id: number, rules: string, since: number) {
  // Companions are in no index by time. They are kept by a pattern that is their name, or one that speaks of digests.
  const mayBeKept = [
    sql`${tags.companionOf} IS NULL`,
    speakOfDigests(rules)
      ? sql`${tags.companionOf} IS NOT NULL`
      : sql`${tags.name} IN (SELECT value FROM json_each(${rules}))`,
  ];
  const keepsNone = mayBeKept.map(
    (isMeant) => sql`NOT EXISTS (
      SELECT 1 FROM ${tags}
      WHERE ${tags.repositoryId} = ${id} AND ${isMeant} AND ${tags.updatedAt} >= ${since} AND ${isImmutable})`,
  );
  return db
    .update(repositories)
    .set({ name: goneName(repositories.id), accountId: GONE_ACCOUNT, isPublic: false, createdBy: null })
    .where(and(eq(repositories.id, id), isThere, hasRulesAsRead(id, rules), ...(rules === "[]" ? [] : keepsNone)))
    .returning({ id: repositories.id });
}

/** Tags that one statement compares with rules. */
const COMPARED_TAGS = 2000;

/**
 * Looks at all tags of a repository, of which there may be a million, page by page.
 *
 * @param manifestId only those of a manifest.
 * @param rule whether one keeps a row of `tags`.
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps one of them.
 */
export async function refuseImmutable(
  db: Database,
  repositoryId: SQLWrapper | number,
  { manifestId, rule = isImmutable }: { manifestId?: SQLWrapper; rule?: SQL } = {},
  cause?: unknown,
): Promise<void> {
  const isMeant = manifestId === undefined ? sql`1` : sql`${tags.manifestId} = ${manifestId}`;
  for (let last = ""; ;) {
    const page = sql`
      SELECT ${tags.repositoryId}, ${tags.name}, ${tags.manifestId}, ${tags.companionOf} FROM ${tags}
      WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} > ${last} ORDER BY ${tags.name} LIMIT ${COMPARED_TAGS}`;
    const [row] = await db.all<{ seen: number; last: string | null; fixed: string }>(sql`
      SELECT count(*) AS seen, max(name) AS last, json_group_array(name) FILTER (WHERE ${isMeant} AND ${rule}) AS fixed
      FROM (${page}) AS ${tags}`);
    const fixed = JSON.parse(row?.fixed ?? "[]") as Parameters<typeof immutableTag>[0];
    if (fixed.length > 0) throw immutableTag(fixed.slice(0, MAX_NAMED_TAGS), cause);
    if (!row?.last || row.seen < COMPARED_TAGS) return;
    last = row.last;
  }
}

/** For a batch, after a statement that may have changed something: notes what is to be taken apart if it did. */
export function insertCleanup(db: Database, kind: CleanupKind, targetId: SQL) {
  return db
    .insert(cleanups)
    .select(sql`SELECT NULL, ${kind}, ${targetId}, '' WHERE changes() > 0`)
    .onConflictDoUpdate({ target: [cleanups.kind, cleanups.targetId], set: { position: "" } });
}

/** Notes all deleted organizations that are not noted yet. A batch cannot know the id of the one that it deleted. */
export function insertOrganizationCleanups(db: Database) {
  return db
    .insert(cleanups)
    .select(
      sql`SELECT NULL, 'organization', ${organizations.id}, '' FROM ${organizations}
          WHERE ${organizations.name} >= ${GONE} AND changes() > 0`,
    )
    .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] });
}

/** Notes the deleted triggers of a repository. */
export function insertGoneTriggers(db: Database, repositoryId: number) {
  return db
    .insert(cleanups)
    .select(
      sql`SELECT NULL, 'trigger', ${triggers.id}, '' FROM ${triggers}
          WHERE ${triggers.repositoryId} = ${repositoryId} AND ${triggers.name} >= ${GONE} AND changes() > 0`,
    )
    .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] });
}

export type Cleanup = typeof cleanups.$inferSelect;

/** What is to be taken apart, the oldest first, behind an id. */
export async function listCleanups(db: Database, after: number, limit: number): Promise<Cleanup[]> {
  return db.select().from(cleanups).where(gt(cleanups.id, after)).orderBy(asc(cleanups.id)).limit(limit);
}

/** The tables that have rows of a repository which nothing else refers to. */
const TABLES_OF_REPOSITORY = [
  tags,
  restingCompanions,
  unsettledManifests,
  repositoryBlobs,
  tagHistory,
  retentionLog,
  repositoryPermissions,
] as const;
type TableOfRepository = (typeof TABLES_OF_REPOSITORY)[number];

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
 * Lets a slice of its manifests be taken apart. One that a tag still leads to would hold up the queue of all that are to be,
 * so none is let go before the repository's last tag is gone.
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

/** A slice of the deliveries of triggers, with their tries, which are few each. */
function deleteDeliveries(db: Database, triggerIds: SQL) {
  const slice = sql`(
    SELECT ${deliveries.id} FROM ${deliveries} WHERE ${deliveries.triggerId} IN (${triggerIds}) LIMIT ${SLICE_ROWS / 4})`;
  return [
    db.delete(deliveryAttempts).where(sql`${deliveryAttempts.deliveryId} IN ${slice}`),
    db
      .delete(deliveries)
      .where(sql`${deliveries.id} IN ${slice}`)
      .returning({ id: deliveries.id }),
  ] as const;
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
    deleteRows(db, retentionLog, id),
    deleteRows(db, repositoryPermissions, id),
    ...deleteDeliveries(db, triggersOf(id)),
  ]);
  // What only is there now that all of that is counted.
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
  // Another image is in the way if nothing changed: it has not let go of all of its manifests.
  async (db, id) => ((await hasManifests(db, id)) ? (await takeApart(db)) || "waits" : 0),
  async (db, id) => (await deleteRows(db, tagHistory, id)).length,
  async (db, id) => (await deleteRows(db, retentionLog, id)).length,
  async (db, id) => (await deleteRows(db, repositoryPermissions, id)).length,
  async (db, id) => (await db.batch(deleteDeliveries(db, triggersOf(id))))[1].length,
];

/**
 * Deletes a slice of what one stage deletes of a deleted repository; behind the last stage, the repository itself.
 *
 * @returns the stage to go on with, which is the first again when somebody else at it has left something; "done" when
 * nothing is left; "waits" while other images have to be gone on with first.
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

/**
 * Takes apart a slice of the manifests that are gone: what they name, then themselves. Parents have higher ids than their
 * children, which were there before them, and so come first.
 *
 * @returns how many rows went; 0 when there are no such manifests.
 */
export async function takeApart(db: Database): Promise<number> {
  const [first] = await db
    .select({ kind: manifests.unreferencedSince })
    .from(manifests)
    .where(lt(manifests.unreferencedSince, 0))
    .limit(1);
  if (!first) return 0;
  for (const kind of [DELETED, COLLECTED] as const) {
    const last = sql`
      SELECT ${manifests.id} AS id, ${manifests.repositoryId} AS repository_id, ${manifests.digest} AS digest,
             ${manifests.size} AS size
      FROM ${manifests} WHERE ${manifests.unreferencedSince} = ${kind} ORDER BY ${manifests.id} DESC LIMIT ${SLICE_MANIFESTS}`;
    const [, ...changed] = await db.batch(takingApart(db, last, kind));
    const count = changed.reduce((sum, rows) => sum + rows.length, 0);
    if (count > 0) return count;
  }
  return 0;
}

/** @param last the manifests in question, those with the highest ids first: id, repository_id, digest, size. */
function takingApart(db: Database, last: SQL, kind: typeof COLLECTED | typeof DELETED) {
  const page = sql`(
    SELECT id, repository_id, digest FROM (SELECT *, sum(size) OVER (ORDER BY id DESC) - size AS before FROM (${last}))
    WHERE before < ${SLICE_TEXT_BYTES})`;
  const subject = sql`substr(page.digest, instr(page.digest, ' ') + 1)`;
  const resting = sql`${restingCompanions} AS resting
    ON resting.repository_id = page.repository_id AND resting.companion_of = ${digestKey(subject)}
    CROSS JOIN ${manifests} AS companions ON companions.id = resting.manifest_id AND companions.unreferenced_since IS NULL`;
  const edges = sql`
    SELECT named.rowid FROM ${page} AS page CROSS JOIN ${manifestBlobs} AS named ON named.manifest_id = page.id
    LIMIT ${SLICE_ROWS}`;
  return [
    db
      .update(blobs)
      .set({ lastUsedAt: new Date() })
      .where(
        sql`${kind} = ${DELETED} AND ${blobs.id} IN (
          SELECT ${manifestBlobs.blobId} FROM ${manifestBlobs} WHERE ${manifestBlobs}.rowid IN (${edges}))`,
      ),
    db
      .delete(manifestChildren)
      .where(
        sql`${manifestChildren}.rowid IN (
          SELECT named.rowid FROM ${page} AS page CROSS JOIN ${manifestChildren} AS named ON named.parent_id = page.id
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifestChildren.parentId }),
    db
      .delete(manifestBlobs)
      .where(sql`${manifestBlobs}.rowid IN (${edges})`)
      .returning({ id: manifestBlobs.manifestId }),
    // A subject that was pushed again meanwhile keeps them, which garbage collection finds out.
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.id} IN (
          SELECT referrers.id FROM ${page} AS page CROSS JOIN ${manifests} AS referrers
            ON referrers.repository_id = page.repository_id AND referrers.subject = ${subject}
          WHERE referrers.unreferenced_since IS NULL LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifests.id }),
    // The same of companions that rest until it comes back.
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.id} IN (SELECT companions.id FROM ${page} AS page CROSS JOIN ${resting} LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifests.id }),
    db
      .delete(restingCompanions)
      .where(
        sql`${restingCompanions}.rowid IN (
          SELECT named.rowid FROM ${page} AS page CROSS JOIN ${restingCompanions} AS named ON named.manifest_id = page.id
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: restingCompanions.manifestId }),
    db
      .delete(manifests)
      .where(
        sql`${manifests.id} IN (
          SELECT page.id FROM ${page} AS page
          WHERE NOT EXISTS (SELECT 1 FROM ${manifestBlobs} AS named WHERE named.manifest_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${manifestChildren} AS named WHERE named.parent_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${manifestChildren} AS named WHERE named.child_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${restingCompanions} AS named WHERE named.manifest_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM (SELECT page.repository_id, page.digest) AS page CROSS JOIN ${resting})
            AND NOT EXISTS (
              SELECT 1 FROM ${manifests} AS referrers
              WHERE referrers.repository_id = page.repository_id AND referrers.subject = ${subject}
                AND referrers.unreferenced_since IS NULL))`,
      )
      .returning({ id: manifests.id }),
  ] as const;
}

/**
 * Deletes a slice of what a deleted organization had, and the organization itself when no deleted image is left in it.
 *
 * @returns whether nothing more can be done now; the organization itself may still wait for its images.
 */
export async function cleanOrganization(db: Database, id: number): Promise<boolean> {
  const isEmpty = sql`
    NOT EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.organizationId} = ${id})
    AND NOT EXISTS (SELECT 1 FROM ${organizationPermissions} WHERE ${organizationPermissions.organizationId} = ${id})`;
  const [permissions] = await db.batch([
    db
      .delete(organizationPermissions)
      .where(
        sql`${organizationPermissions}.rowid IN (
          SELECT rowid FROM ${organizationPermissions} WHERE ${organizationPermissions.organizationId} = ${id}
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ userId: organizationPermissions.userId }),
    db.delete(organizations).where(and(eq(organizations.id, id), sql`${organizations.name} >= ${GONE}`, isEmpty)),
    db
      .delete(cleanups)
      .where(
        and(
          eq(cleanups.kind, "organization"),
          eq(cleanups.targetId, id),
          sql`NOT EXISTS (SELECT 1 FROM ${organizations} WHERE ${organizations.id} = ${id})`,
        ),
      ),
  ]);
  return permissions.length < SLICE_ROWS;
}

/**
 * Forgets what was to be taken apart, at the end of the batch that may have done the last of it. The second statement finds
 * a row unless that is so: another run may have forgotten it before.
 */
function deleteCleanup(db: Database, kind: CleanupKind, targetId: number, isDone: SQL) {
  const isMeant = and(eq(cleanups.kind, kind), eq(cleanups.targetId, targetId));
  return [
    db.delete(cleanups).where(and(isMeant, isDone)),
    db.select({ id: cleanups.id }).from(cleanups).where(isMeant),
  ] as const;
}

/** Deletes a slice of the rows of a table that meet a condition. */
function deleteSlice(db: Database, table: SQLiteTable, condition: SQL) {
  return db
    .delete(table)
    .where(sql`${table}.rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${SLICE_ROWS})`);
}

/**
 * Deletes a slice of the deliveries of a deleted trigger, and the trigger itself with the last of them.
 *
 * @returns whether nothing is left.
 */
export async function cleanTrigger(db: Database, id: number): Promise<boolean> {
  const hasNone = sql`NOT EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.triggerId} = ${id})`;
  const result = await db.batch([
    ...deleteDeliveries(db, sql`${id}`),
    db.delete(triggers).where(and(eq(triggers.id, id), sql`${triggers.name} >= ${GONE}`, hasNone)),
    ...deleteCleanup(db, "trigger", id, sql`NOT EXISTS (SELECT 1 FROM ${triggers} WHERE ${triggers.id} = ${id})`),
  ]);
  return result[4].length === 0;
}

/** The tables that have rows of a user alone. */
const TABLES_OF_USER = [sessions, accessKeys, organizationPermissions, repositoryPermissions] as const;

/**
 * Deletes a slice of what a deleted user had. The user's own row stays, without a name: images, tags and rules refer to it,
 * and no index finds all of them.
 *
 * @returns whether nothing is left.
 */
export async function cleanUser(db: Database, id: number): Promise<boolean> {
  const [first, ...others] = TABLES_OF_USER.map((table) => deleteSlice(db, table, sql`${table.userId} = ${id}`));
  const isDone = TABLES_OF_USER.map((table) => sql`NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table.userId} = ${id})`);
  if (!first) return true;
  await db.batch([first, ...others]);
  const [, left] = await db.batch(deleteCleanup(db, "user", id, sql.join(isDone, sql` AND `)));
  return left.length === 0;
}

/**
 * Deletes a slice of the users of a deleted account, and of what others share with it. Its own row stays as those do.
 *
 * @returns whether nothing is left.
 */
export async function cleanAccount(db: Database, id: number): Promise<boolean> {
  const isLeft = sql`${users.accountId} = ${id} AND ${isNamed(users.name)}`;
  const slice = sql`(SELECT ${users.id} FROM ${users} WHERE ${isLeft} ORDER BY ${users.name} LIMIT ${SLICE_ROWS})`;
  const result = await db.batch([
    db
      .insert(cleanups)
      .select(sql`SELECT NULL, 'user', ${users.id}, '' FROM ${users} WHERE ${users.id} IN ${slice}`)
      .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] }),
    db
      .update(users)
      .set(GONE_USER)
      .where(sql`${users.id} IN ${slice}`),
    deleteSlice(db, shares, sql`${shares.accountId} = ${id}`),
    ...deleteCleanup(
      db,
      "account",
      id,
      sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${isLeft})
          AND NOT EXISTS (SELECT 1 FROM ${shares} WHERE ${shares.accountId} = ${id})`,
    ),
  ]);
  return result[4].length === 0;
}

/** Manifests that one slice looks at. */
const SLICE_CHECKED = 200;

/**
 * Notes a slice of the manifests of a repository that nothing needs, for garbage collection to look at.
 *
 * @param isNeeded whether a row of `manifests` is.
 * @returns whether all have been looked at.
 */
export async function noteUnneeded(db: Database, { id, targetId, position }: Cleanup, isNeeded: SQL): Promise<boolean> {
  const slice = await db
    .select({ digest: manifests.digest })
    .from(manifests)
    .where(
      and(
        eq(manifests.repositoryId, targetId),
        sql`${manifests.digest} > ${position} AND ${manifests.digest} < ${GONE}`,
      ),
    )
    .orderBy(asc(manifests.digest))
    .limit(SLICE_CHECKED);
  const last = slice.at(-1)?.digest;
  const isThisOne = and(eq(cleanups.id, id), eq(cleanups.position, position));
  if (last === undefined) {
    await db.delete(cleanups).where(isThisOne);
    return true;
  }
  await db.batch([
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.repositoryId} = ${targetId} AND ${manifests.digest} > ${position} AND ${manifests.digest} <= ${last}
            AND ${manifests.unreferencedSince} IS NULL AND NOT ${isNeeded}`,
      ),
    slice.length < SLICE_CHECKED
      ? db.delete(cleanups).where(isThisOne)
      : db.update(cleanups).set({ position: last }).where(isThisOne),
  ]);
  return slice.length < SLICE_CHECKED;
}
