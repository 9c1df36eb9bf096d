/** Tags that were deleted, by hand or by aging, and may come back as long as what they pointed to is there. */
import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { companionColumns, isAnnouncedTag } from "../content/companions.ts";
import { type Unsettled, unsettledQuery } from "../content/settling.ts";
import { UNWEIGHED } from "../content/move-tags.ts";
import type { Database } from "../database.ts";
import { isNamedUser } from "./gone.ts";
import { manifests, repositories, restingCompanions, tagHistory, tags, users } from "../schema.ts";
import { insertSyncJobs, type SyncEntry } from "../sync/sync-jobs.ts";
import { refusalOfTag, type TagRefusal } from "../content/retag.ts";

/** Events of a history that one page looks at: most of them may be of tags that are there. */
const MAX_SEEN_EVENTS = 2000;

export interface DeletedTag {
  /** Of the deletion, in the history. */
  id: number;
  tag: Tag;
  digest: Digest;
  deletedAt: Date;
  /** Null when aging did it, or the user is gone. */
  deletedBy: string | null;
  /** The digest that it comes back with by itself; null for what is no companion, or was deleted without its image. */
  companionOf: string | null;
}

/**
 * Tags of a repository that were deleted after a time and whose manifests are there, the last deleted first.
 *
 * @param before the event to go on behind; undefined for the newest.
 * @returns fewer than `limit`, even none, where others lie between; `next` is the event to go on behind, if there are more.
 */
export async function listDeletedTags(
  db: Database,
  repositoryId: number,
  since: Date,
  before: number | undefined,
  limit: number,
): Promise<{ tags: DeletedTag[]; next: number | undefined }> {
  const [found, [last]] = await db.batch([
    deletedTagsQuery(db, repositoryId, since, before, limit + 1),
    eventsQuery(db, repositoryId, before)
      .limit(1)
      .offset(MAX_SEEN_EVENTS - 1),
  ]);
  const page = found.slice(0, limit);
  if (found.length > limit) return { tags: page, next: page.at(-1)?.id };
  // Ids grow with time.
  return { tags: page, next: last && last.createdAt > since ? last.id : undefined };
}

function deletedTagsQuery(db: Database, repositoryId: number, since: Date, before: number | undefined, limit: number) {
  const event = eventsQuery(db, repositoryId, before).limit(MAX_SEEN_EVENTS).as("event");
  const digest = sql<Digest>`(
    SELECT earlier.digest FROM ${tagHistory} AS earlier
    WHERE earlier.repository_id = ${repositoryId} AND earlier.tag = event.tag AND earlier.digest IS NOT NULL
    ORDER BY earlier.id DESC LIMIT 1)`;
  return db
    .select({
      id: event.id,
      tag: event.tag,
      digest: digest.as("last_digest"),
      deletedAt: event.createdAt,
      deletedBy: sql<string | null>`(SELECT ${users.name} FROM ${users} WHERE ${isNamedUser(sql`event.user_id`)})`.as(
        "deleted_by",
      ),
      companionOf: sql<string | null>`(
        SELECT resting.companion_of FROM ${restingCompanions} AS resting
        WHERE resting.repository_id = ${repositoryId} AND resting.name = event.tag)`.as("companion_of"),
    })
    .from(event)
    .where(
      and(
        sql`event.digest IS NULL AND event.created_at > ${since.getTime()}`,
        sql`NOT EXISTS (
          SELECT 1 FROM ${tagHistory} AS later
          WHERE later.repository_id = ${repositoryId} AND later.tag = event.tag AND later.id > event.id)`,
        sql`NOT EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = event.tag)`,
        sql`EXISTS (
          SELECT 1 FROM ${manifests}
          WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest})`,
      ),
    )
    .orderBy(desc(event.id))
    .limit(limit);
}

function eventsQuery(db: Database, repositoryId: number, before: number | undefined) {
  return db
    .select({
      id: tagHistory.id,
      tag: tagHistory.tag,
      digest: tagHistory.digest,
      userId: tagHistory.userId,
      createdAt: tagHistory.createdAt,
    })
    .from(tagHistory)
    .where(and(eq(tagHistory.repositoryId, repositoryId), before === undefined ? undefined : lt(tagHistory.id, before)))
    .orderBy(desc(tagHistory.id))
    .$dynamic();
}

/** What came of restoring a tag. */
export type TagRestoring =
  | { outcome: "restored"; digest: Digest; syncs: SyncEntry[]; unsettled: Unsettled[] }
  | { outcome: "not-restorable" }
  | TagRefusal;

/**
 * Gives a tag that was deleted after a time what it last pointed to. It counts as pushed now: otherwise a rule of days would
 * take it again.
 *
 * @param registry the registry's address, which jobs of synchronization never call.
 * @returns "not-restorable" when the tag never was, is there, was deleted before, or its manifest is gone.
 */
export async function restoreTag(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  tag: Tag,
  since: Date,
  registry: string,
): Promise<TagRestoring> {
  const now = Date.now();
  const { companionOf, waitingSince } = companionColumns(repository.id, tag, manifests, now);
  const isOfTag = sql`${tagHistory.repositoryId} = ${repository.id} AND ${tagHistory.tag} = ${tag}`;
  const digest = sql<Digest>`(
    SELECT ${tagHistory.digest} FROM ${tagHistory} WHERE ${isOfTag} AND ${tagHistory.digest} IS NOT NULL
    ORDER BY ${tagHistory.id} DESC LIMIT 1)`;
  const isAnnounced = sql`(
    SELECT ${isAnnouncedTag(companionOf, manifests.content)} FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${repository.id} AND ${manifests.digest} = ${digest})`;
  const moved = sql`json_array(json_object('tag', ${tag}, 'isAnnounced', ${isAnnounced}))`;
  const occasion = { userId: actor.user.id, userName: actor.user.name, registry, now };
  try {
    const [, , restored, , syncs, unsettled] = await db.batch([
      db
        .insert(tags)
        .select(
          sql`SELECT ${repository.id}, ${tag}, ${manifests.id}, ${now}, ${now}, ${companionOf}, ${waitingSince}, ${UNWEIGHED} FROM ${manifests}
            WHERE ${manifests.repositoryId} = ${repository.id} AND ${manifests.digest} = ${digest}
              AND EXISTS (
                SELECT 1 FROM ${tagHistory}
                WHERE ${tagHistory.id} = (SELECT max(${tagHistory.id}) FROM ${tagHistory} WHERE ${isOfTag})
                  AND ${tagHistory.digest} IS NULL AND ${tagHistory.createdAt} > ${since.getTime()})`,
        )
        .onConflictDoNothing({ target: [tags.repositoryId, tags.name] }),
      insertAuditIfChanged(db, actor, {
        action: "tag.restore",
        organization: organizationOf(repository.name),
        resource: `${repository.name}:${tag}`,
      }),
      db
        .insert(tagHistory)
        .select(sql`SELECT NULL, ${repository.id}, ${tag}, ${digest}, ${actor.user.id}, ${now} WHERE changes() > 0`)
        .returning({ digest: tagHistory.digest }),
      db
        .update(repositories)
        .set({ updatedAt: new Date(now) })
        .where(and(eq(repositories.id, repository.id), sql`changes() > 0`)),
      insertSyncJobs(db, repository.id, moved, occasion, digest, () => sql`0`, sql`changes() > 0`),
      unsettledQuery(db, repository.id),
    ]);
    const [row] = restored;
    return row?.digest ? { outcome: "restored", digest: row.digest, syncs, unsettled } : { outcome: "not-restorable" };
  } catch (error) {
    return refusalOfTag(db, error, repository.name);
  }
}
