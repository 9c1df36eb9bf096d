import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { manifestIdAt } from "./manifest-statements.ts";
import { type Unsettled, unsettledQuery } from "./settling.ts";
import { countQueries, type Database, isConstraintFailure, MAX_QUERIES } from "../database.ts";
import { DELETED, goneManifest, isManifestThere } from "../deletion/gone.ts";
import { repositoryIdOf } from "../images/repositories.ts";
import { findKeptTags, isKept } from "../immutable-rules/kept-tags.ts";
import { manifestChildren, manifests, tagHistory, tags } from "../schema.ts";
import { insertSyncDeletions } from "../sync/sync-jobs.ts";

/** Tags that one statement deletes. */
const SLICE_TAGS = 500;
/** Indexes that a refusal names. */
const MAX_NAMED_PARENTS = 10;

/** Queries of an invocation after which no further slice is begun: what follows the last slice takes some. */
const MAX_QUERIES_FOR_TAGS = MAX_QUERIES - 200;

/** What came of deleting a manifest. Unless it is "deleted", it is there still. */
export type ManifestDeletion =
  /** With what is to be settled of companions. */
  | { outcome: "deleted"; unsettled: Unsettled[] }
  | { outcome: "unknown" }
  /** A rule keeps these of its tags. */
  | { outcome: "tags-immutable"; tags: Tag[] }
  /** These indexes of the repository need it. */
  | { outcome: "in-use"; parents: Digest[] }
  /** It has more tags than one request can delete: a repetition goes on. */
  | { outcome: "too-many-tags" };

/**
 * Deletes a manifest and every tag that points to it, in one batch; what it named goes afterwards (`deletion/take-apart.ts`). Its
 * blobs count as used until then, so that somebody who is about to name them again has the grace period for it. Of very many
 * tags most go before the manifest, in slices.
 */
export async function deleteManifest(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  digest: Digest,
): Promise<ManifestDeletion> {
  const repositoryId = repositoryIdOf(repository);
  const manifestId = manifestIdAt({ repositoryId, digest });
  try {
    const [, , , deleted, , unsettled] = await db.batch([
      // A tag that stays keeps the manifest: an immutable one, or one beyond the first slice.
      ...deletingTags(db, actor, { repositoryId, manifestId }),
      // What it names goes in slices.
      hideUnnamed(db, manifestId),
      insertAuditIfChanged(db, actor, {
        action: "manifest.delete",
        organization: organizationOf(repository),
        resource: `${repository}@${digest}`,
      }),
      unsettledQuery(db, repositoryId),
    ]);
    return deleted.length > 0 ? { outcome: "deleted", unsettled } : { outcome: "unknown" };
  } catch (error) {
    if (!isConstraintFailure(error, "NOT NULL constraint failed: manifests.digest")) throw error;
  }
  const kept = await findKeptTags(db, repositoryId, isKept, manifestId);
  if (kept.length > 0) return { outcome: "tags-immutable", tags: kept };
  const parents = await findParents(db, manifestId);
  if (parents.length > 0) return { outcome: "in-use", parents };
  for (let deleted = SLICE_TAGS; deleted === SLICE_TAGS;) {
    if (countQueries(db) > MAX_QUERIES_FOR_TAGS) return { outcome: "too-many-tags" };
    deleted = (await db.batch(deletingTags(db, actor, { repositoryId, manifestId })))[2].length;
  }
  return deleteManifest(db, actor, repository, digest);
}

/** Makes a manifest gone. For one that a tag or an index names, its digest becomes NULL, which refuses the whole batch. */
function hideUnnamed(db: Database, manifestId: SQL<number>) {
  const gone = goneManifest(DELETED);
  const isNamed = sql`(
    EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${manifests.id})
    OR EXISTS (
      SELECT 1 FROM ${manifestChildren} JOIN ${manifests} AS parents ON parents.id = ${manifestChildren.parentId}
      WHERE ${manifestChildren.childId} = ${manifests.id} AND ifnull(parents.unreferenced_since, 0) >= 0))`;
  return db
    .update(manifests)
    .set({ ...gone, digest: sql`CASE WHEN NOT ${isNamed} THEN ${gone.digest} END` })
    .where(eq(manifests.id, manifestId))
    .returning({ id: manifests.id });
}

/** The first indexes that name a manifest. */
async function findParents(db: Database, manifestId: SQL<number>): Promise<Digest[]> {
  const parents = await db
    .select({ digest: manifests.digest })
    .from(manifestChildren)
    .innerJoin(manifests, eq(manifests.id, manifestChildren.parentId))
    .where(and(eq(manifestChildren.childId, manifestId), isManifestThere(manifests)))
    .limit(MAX_NAMED_PARENTS);
  return parents.map((parent) => parent.digest);
}

/** The statements that delete the first tags of a manifest, except those that a rule keeps. */
function deletingTags(
  db: Database,
  { user }: Actor,
  { repositoryId, manifestId }: { repositoryId: SQL<number>; manifestId: SQL },
) {
  const first = sql`(
    SELECT ${tags}.rowid AS id, ${tags.repositoryId}, ${tags.name}, ${tags.manifestId}, ${tags.companionOf} FROM ${tags}
    WHERE ${tags.manifestId} = ${manifestId} LIMIT ${SLICE_TAGS})`;
  const slice = sql`(SELECT id FROM ${first} AS ${tags} WHERE NOT ${isKept(tags)})`;
  return [
    insertSyncDeletions(db, repositoryId, sql`${tags}.rowid IN ${slice}`, { userId: user.id, userName: user.name }),
    db.insert(tagHistory).select(
      sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, ${user.id}, ${Date.now()}
            FROM ${tags} WHERE ${tags}.rowid IN ${slice}`,
    ),
    db
      .delete(tags)
      .where(sql`${tags}.rowid IN ${slice}`)
      .returning({ name: tags.name }),
  ] as const;
}
