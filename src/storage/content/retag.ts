/** Letting a tag point to what another one points to. */
import { and, eq, sql, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { companionColumns, isAnnouncedTag } from "./companions.ts";
import { MOVED, UNWEIGHED } from "./move-tags.ts";
import { type Unsettled, unsettledQuery } from "./settling.ts";
import { asColumn, type Database, isConstraintFailure } from "../database.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { type QuotaRefusal, refusedByQuota } from "../quotas/quotas.ts";
import { manifests, repositories, tagHistory, tags } from "../schema.ts";
import { insertSyncJobs, type SyncEntry } from "../sync/sync-jobs.ts";
import { insertDeliveries, occasionOf, type OutboxEntry } from "../triggers/deliveries.ts";

/** What became of a {@link retag}. */
export type Retagging =
  /** With what triggers are to be told of, what is to be copied elsewhere, and what is to be settled of companions. */
  | { outcome: "moved"; outbox: OutboxEntry[]; syncs: SyncEntry[]; unsettled: Unsettled[] }
  | { outcome: "unchanged" | "source-unknown" | "destination-exists" | "destination-immutable" }
  | TagRefusal;

/** Why a batch that was to write one tag has failed; nothing has changed then. */
export type TagRefusal = { outcome: "repository-unknown" } | QuotaRefusal;

/**
 * Lets a tag point to what another one points to, in one batch: no bytes move.
 *
 * @param registry the registry's address, as events name it.
 * @param retagging `overrides`: a destination that points elsewhere is moved.
 */
export async function retag(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  { source: sourceTag, destination, overrides }: { source: Tag; destination: Tag; overrides: boolean },
  registry: string,
): Promise<Retagging> {
  const at = new Date();
  const now = at.getTime();
  const { id: repositoryId, name } = repository;
  const isSource = and(eq(tags.repositoryId, repositoryId), eq(tags.name, sourceTag));
  const isDestination = and(eq(tags.repositoryId, repositoryId), eq(tags.name, destination));
  const manifestId = sql`(SELECT ${tags.manifestId} FROM ${tags} WHERE ${isSource})`;
  const isInTheWay = overrides ? sql`AND (${tags.manifestId} = ${manifestId} OR ${isImmutable(tags)})` : sql``;
  const mayMove = sql`${manifestId} IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM ${tags} WHERE ${isDestination} ${isInTheWay})`;
  const source = (column: SQLiteColumn) =>
    sql`(SELECT ${column} FROM ${manifests} WHERE ${manifests.id} = ${manifestId})`;
  const digest = source(manifests.digest);
  const pushed = { digest, mediaType: source(manifests.mediaType), size: source(manifests.size) };
  const event = occasionOf({ repository: name, user: actor.user.name, registry }, at);
  const origin = { userId: actor.user.id, userName: actor.user.name, registry, now };
  const isSame = () =>
    sql`EXISTS (SELECT 1 FROM ${tags} WHERE ${isDestination} AND ${tags.manifestId} = ${manifestId})`;
  const { companionOf, waitingSince } = companionColumns(repositoryId, destination, manifests, now);
  const toSource = sql`FROM ${manifests} WHERE ${manifests.id} = ${manifestId}`;
  const isAnnounced = sql`(SELECT ${isAnnouncedTag(companionOf, manifests.content)} ${toSource})`;
  const movedTags = sql`json_array(json_object('tag', ${destination}, 'isAnnounced', ${isAnnounced}))`;
  try {
    const [syncs, outbox, , moved, , , unsettled] = await db.batch([
      insertSyncJobs(db, repositoryId, movedTags, origin, digest, isSame, mayMove),
      insertDeliveries(db, repositoryId, movedTags, event, pushed, isSame, mayMove),
      db
        .insert(tagHistory)
        .select(
          sql`SELECT NULL, ${repositoryId}, ${destination}, ${digest}, ${actor.user.id}, ${now} WHERE ${mayMove}`,
        ),
      db
        .insert(tags)
        .select(
          sql`SELECT ${repositoryId}, ${destination}, ${manifests.id}, ${now}, ${now}, ${companionOf}, ${waitingSince}, ${UNWEIGHED}
              ${toSource} AND ${mayMove}`,
        )
        .onConflictDoUpdate({ target: [tags.repositoryId, tags.name], set: MOVED })
        .returning({ name: tags.name }),
      insertAuditIfChanged(db, actor, {
        action: "tag.create",
        organization: organizationOf(name),
        resource: `${name}:${destination}`,
        detail: { source: sourceTag },
      }),
      db
        .update(repositories)
        .set({ updatedAt: new Date(now) })
        .where(and(eq(repositories.id, repositoryId), sql`changes() > 0`)),
      unsettledQuery(db, repositoryId),
    ]);
    if (moved.length > 0) return { outcome: "moved", outbox, syncs, unsettled };
  } catch (error) {
    return refusalOfTag(db, error, name);
  }
  return { outcome: await reasonNotToMove(db, { isSource, isDestination, overrides }) };
}

/**
 * Makes an outcome of what a batch threw that was to write one tag.
 *
 * @throws anything else than such a refusal as it came.
 */
export async function refusalOfTag(db: Database, error: unknown, repository: RepositoryName): Promise<TagRefusal> {
  if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return { outcome: "repository-unknown" };
  return refusedByQuota(db, error, { organization: organizationOf(repository), needed: { tags: 1 } });
}

async function reasonNotToMove(
  db: Database,
  retagging: { isSource: SQL | undefined; isDestination: SQL | undefined; overrides: boolean },
) {
  const find = (condition: SQL | undefined) =>
    db
      .select({ manifestId: tags.manifestId, isImmutable: asColumn(isImmutable(tags)).mapWith(Boolean) })
      .from(tags)
      .where(condition);
  const [[source], [destination]] = await Promise.all([find(retagging.isSource), find(retagging.isDestination)]);
  if (!source) return "source-unknown";
  if (!retagging.overrides) return "destination-exists";
  return destination?.isImmutable && destination.manifestId !== source.manifestId
    ? "destination-immutable"
    : "unchanged";
}
