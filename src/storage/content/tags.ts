import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Actor } from "../../model/rights/access.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { companionColumns, isAnnouncedTag, isListedTag } from "./companions.ts";
import { type Unsettled, unsettledQuery } from "./settling.ts";
import { asColumn, type Database, isConstraintFailure } from "../database.ts";
import { insertDeliveries, type OutboxEntry } from "../triggers/deliveries.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { imageBytes } from "../images/image-detail.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { MOVED } from "./move-tags.ts";
import { type QuotaRefusal, refusedByQuota } from "../quotas/quotas.ts";
import { manifests, manifestTexts, repositories, tagHistory, tags, users } from "../schema.ts";

/**
 * Tags after `last` in byte order, at most `limit`, in one query.
 *
 * @returns undefined when there is no such repository.
 */
export async function listTags(
  db: Database,
  repository: RepositoryName,
  last: string,
  limit: number,
): Promise<Tag[] | undefined> {
  const rows = await db
    .select({ name: tags.name })
    .from(repositories)
    .leftJoin(tags, and(eq(tags.repositoryId, repositories.id), gt(tags.name, last as Tag)))
    .where(eq(repositories.name, repository))
    .orderBy(asc(tags.name))
    .limit(limit);
  return rows.length > 0 ? rows.flatMap((row) => row.name ?? []) : undefined;
}

/** Which tags of a repository a list by offset has. */
export interface TagList {
  repositoryId: number;
  /** The whole name. */
  name: string | undefined;
  order: "name" | "updatedAt";
  isDescending: boolean;
  limit: number;
  offset: number;
}

/** One page of a repository's tags with what they point to, and how many there are in all. */
export async function listTagRecords(db: Database, list: TagList): Promise<{ records: TagRecord[]; total: number }> {
  const [records, [counted]] = await Promise.all([listTagPage(db, list), countTagsQuery(db, list)]);
  return { records, total: counted?.total ?? 0 };
}

export type TagRecord = Awaited<ReturnType<typeof selectTagRecords>>[number];

/**
 * The page alone. Tags that change at the same time are in the order in which they were made. Those left out are read in an
 * index only.
 */
export async function listTagPage(db: Database, list: TagList): Promise<TagRecord[]> {
  const direction = list.isDescending ? desc : asc;
  const rowid = sql<number>`${tags}.rowid`;
  const order = (list.order === "name" ? [tags.name] : [tags.updatedAt, rowid]).map((column) => direction(column));
  const page = db
    .select({ rowid })
    .from(tags)
    .where(isListed(list))
    .orderBy(...order)
    .limit(list.limit)
    .offset(list.offset);
  return selectTagRecords(db, sql`${rowid} IN ${page}`).orderBy(...order);
}

function isListed({ repositoryId, name }: TagList): SQL | undefined {
  return and(eq(tags.repositoryId, repositoryId), name === undefined ? isListedTag(tags) : eq(tags.name, name as Tag));
}

/** The tags are not counted, since there may be a million: triggers keep their number. */
function countTagsQuery(db: Database, list: TagList) {
  return list.name === undefined
    ? db.select({ total: repositories.tagCount }).from(repositories).where(eq(repositories.id, list.repositoryId))
    : db
        .select({ total: sql<number>`count(*)` })
        .from(tags)
        .where(isListed(list));
}

export async function findTagRecord(db: Database, repositoryId: number, tag: Tag): Promise<TagRecord | undefined> {
  const [record] = await selectTagRecords(db, and(eq(tags.repositoryId, repositoryId), eq(tags.name, tag)));
  return record;
}

function selectTagRecords(db: Database, condition: SQL | undefined) {
  return db
    .select({
      id: sql<number>`${tags}.rowid`,
      name: tags.name,
      createdAt: tags.createdAt,
      updatedAt: tags.updatedAt,
      manifestId: tags.manifestId,
      companionOf: tags.companionOf,
      content: manifests.content,
      digest: manifests.digest,
      mediaType: manifests.mediaType,
      manifestBytes: manifests.size,
      imageBytes: imageBytes(manifests),
    })
    .from(tags)
    .innerJoin(manifests, eq(manifests.id, tags.manifestId))
    .where(condition)
    .$dynamic();
}

/** The texts of manifests that are stored in one piece, by the manifests' ids. */
export async function readShortTexts(db: Database, manifestIds: readonly number[]): Promise<Map<number, string>> {
  const rows = await db
    .select({ manifestId: manifestTexts.manifestId, text: manifestTexts.text })
    .from(manifestTexts)
    .where(
      and(
        inArray(manifestTexts.manifestId, sql`(SELECT value FROM json_each(${JSON.stringify(manifestIds)}))`),
        eq(manifestTexts.position, 0),
      ),
    );
  return new Map(rows.map((row) => [row.manifestId, row.text]));
}

/** What became of a {@link retag}. */
export type Retagging =
  /** With what triggers are to be told of, and what is to be settled of companions. */
  | { outcome: "moved"; outbox: OutboxEntry[]; unsettled: Unsettled[] }
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
  const now = Date.now();
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
  const event = { repository: name, user: actor.user.name, registry };
  const isSame = () =>
    sql`EXISTS (SELECT 1 FROM ${tags} WHERE ${isDestination} AND ${tags.manifestId} = ${manifestId})`;
  const { companionOf, waitingSince } = companionColumns(repositoryId, destination, manifests, now);
  const toSource = sql`FROM ${manifests} WHERE ${manifests.id} = ${manifestId}`;
  const isAnnounced = sql`(SELECT ${isAnnouncedTag(companionOf, manifests.content)} ${toSource})`;
  const movedTags = sql`json_array(json_object('tag', ${destination}, 'isAnnounced', ${isAnnounced}))`;
  try {
    const [outbox, , moved, , , unsettled] = await db.batch([
      insertDeliveries(db, repositoryId, movedTags, event, pushed, isSame, mayMove),
      db
        .insert(tagHistory)
        .select(
          sql`SELECT NULL, ${repositoryId}, ${destination}, ${digest}, ${actor.user.id}, ${now} WHERE ${mayMove}`,
        ),
      db
        .insert(tags)
        .select(
          sql`SELECT ${repositoryId}, ${destination}, ${manifests.id}, ${now}, ${now}, ${companionOf}, ${waitingSince}
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
    if (moved.length > 0) return { outcome: "moved", outbox, unsettled };
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

export interface TagEvent {
  id: number;
  tag: Tag;
  /** What it pointed to from then on; null when it was deleted. */
  digest: string | null;
  /** What it pointed to until then; null when it was not there. */
  previous: string | null;
  /** Null when the user is gone. */
  user: string | null;
  at: Date;
}

/**
 * What happened to a repository's tags, newest first.
 *
 * @param page `tag`: of this one only. `before`: the id to go on behind; undefined for the newest.
 */
export function listTagEvents(
  db: Database,
  page: { repositoryId: number; tag: Tag | undefined; before: number | undefined; limit: number },
): Promise<TagEvent[]> {
  return listTagEventsQuery(db, page);
}

function listTagEventsQuery(
  db: Database,
  page: { repositoryId: number; tag: Tag | undefined; before: number | undefined; limit: number },
) {
  const { repositoryId, tag, before, limit } = page;
  return db
    .select({
      id: tagHistory.id,
      tag: tagHistory.tag,
      digest: tagHistory.digest,
      previous: sql<string | null>`(
        SELECT earlier.digest FROM ${tagHistory} AS earlier
        WHERE earlier.repository_id = ${tagHistory.repositoryId} AND earlier.tag = ${tagHistory.tag}
          AND earlier.id < ${tagHistory.id}
        ORDER BY earlier.id DESC LIMIT 1)`,
      user: users.name,
      at: tagHistory.createdAt,
    })
    .from(tagHistory)
    .leftJoin(users, isNamedUser(tagHistory.userId))
    .where(
      and(
        eq(tagHistory.repositoryId, repositoryId),
        tag === undefined ? undefined : eq(tagHistory.tag, tag),
        before === undefined ? undefined : lt(tagHistory.id, before),
      ),
    )
    .orderBy(desc(tagHistory.id))
    .limit(limit);
}
