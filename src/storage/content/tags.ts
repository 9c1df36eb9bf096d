import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Actor } from "../../model/rights/access.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { companionColumns, isAnnouncedTag, isListedTag, type Unsettled, unsettledQuery } from "./companions.ts";
import { asColumn, type Database, isConstraintFailure } from "../database.ts";
import { insertDeliveries, type OutboxEntry } from "../triggers/deliveries.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { imageBytes } from "../images/image-detail.ts";
import { isImmutable } from "../immutable-rules/immutable-rules.ts";
import { MOVED } from "./manifests.ts";
import { throwExplained } from "../quotas/quotas.ts";
import { unknownRepository } from "../images/repositories.ts";
import { manifests, manifestTexts, repositories, tagHistory, tags, users } from "../schema.ts";

/**
 * Tags after `last` in byte order, at most `limit`, in one query.
 *
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function listTags(db: Database, repository: RepositoryName, last: string, limit: number): Promise<Tag[]> {
  const rows = await listTagsQuery(db, repository, last, limit);
  if (rows.length === 0) throw unknownRepository(repository);
  return rows.flatMap((row) => row.name ?? []);
}

export function listTagsQuery(db: Database, repository: RepositoryName, last: string, limit: number) {
  return db
    .select({ name: tags.name })
    .from(repositories)
    .leftJoin(tags, and(eq(tags.repositoryId, repositories.id), gt(tags.name, last as Tag)))
    .where(eq(repositories.name, repository))
    .orderBy(asc(tags.name))
    .limit(limit);
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
export async function listTagRecords(db: Database, list: TagList) {
  const [records, [counted]] = await Promise.all([listTagRecordsQuery(db, list), countTagsQuery(db, list)]);
  return { records, total: counted?.total ?? 0 };
}

export type TagRecord = Awaited<ReturnType<typeof listTagRecords>>["records"][number];

/** Tags that change at the same time are in the order in which they were made. Those left out are read in an index only. */
export function listTagRecordsQuery(db: Database, list: TagList) {
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
  return and(eq(tags.repositoryId, repositoryId), name === undefined ? isListedTag : eq(tags.name, name as Tag));
}

/** There may be a million, so that all of them are not counted but known. */
export function countTagsQuery(db: Database, list: TagList) {
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
      imageBytes,
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
export type Retagged = "moved" | "unchanged" | "source unknown" | "destination exists" | "destination immutable";

/**
 * Lets a tag point to what another one points to, in one batch: no bytes move.
 *
 * @param registry the registry's address, as events name it.
 * @param retagging `overrides`: a destination that points elsewhere is moved.
 * @throws RegistryError QUOTA_EXCEEDED; NAME_UNKNOWN when the repository was deleted meanwhile.
 */
export async function retag(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  { source: sourceTag, destination, overrides }: { source: Tag; destination: Tag; overrides: boolean },
  registry: string,
): Promise<{ result: Retagged; outbox: OutboxEntry[]; unsettled: Unsettled[] }> {
  const now = Date.now();
  const { id: repositoryId, name } = repository;
  const isSource = and(eq(tags.repositoryId, repositoryId), eq(tags.name, sourceTag));
  const isDestination = and(eq(tags.repositoryId, repositoryId), eq(tags.name, destination));
  const manifestId = sql`(SELECT ${tags.manifestId} FROM ${tags} WHERE ${isSource})`;
  const isInTheWay = overrides ? sql`AND (${tags.manifestId} = ${manifestId} OR ${isImmutable})` : sql``;
  const mayMove = sql`${manifestId} IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM ${tags} WHERE ${isDestination} ${isInTheWay})`;
  const source = (column: SQLiteColumn) =>
    sql`(SELECT ${column} FROM ${manifests} WHERE ${manifests.id} = ${manifestId})`;
  const digest = source(manifests.digest);
  const pushed = { digest, mediaType: source(manifests.mediaType), size: source(manifests.size) };
  const event = { repository: name, user: actor.user.name, registry };
  const isSame = sql`EXISTS (SELECT 1 FROM ${tags} WHERE ${isDestination} AND ${tags.manifestId} = ${manifestId})`;
  const { companionOf, waitingSince } = companionColumns(repositoryId, destination, manifests, now);
  const toSource = sql`FROM ${manifests} WHERE ${manifests.id} = ${manifestId}`;
  const isAnnounced = sql`(SELECT ${isAnnouncedTag(companionOf, manifests.content)} ${toSource})`;
  const movedTags = sql`json_array(json_object('tag', ${destination}, 'isAnnounced', ${isAnnounced}))`;
  const [outbox, , moved, , , unsettled] = await db
    .batch([
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
    ])
    .catch((error: unknown) => throwRefusal(db, error, name));
  if (moved.length > 0) return { result: "moved", outbox, unsettled };
  return { result: await reasonNotToMove(db, { isSource, isDestination, overrides }), outbox: [], unsettled: [] };
}

/**
 * Makes a refusal of what a batch threw that was to write one tag.
 *
 * @throws RegistryError QUOTA_EXCEEDED; NAME_UNKNOWN when the repository was deleted meanwhile; anything else as it came.
 */
export async function throwRefusal(db: Database, error: unknown, repository: RepositoryName): Promise<never> {
  if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) throw unknownRepository(repository);
  return throwExplained(db, error, { organization: organizationOf(repository), needed: { tags: 1 } });
}

async function reasonNotToMove(
  db: Database,
  retagging: { isSource: SQL | undefined; isDestination: SQL | undefined; overrides: boolean },
): Promise<Retagged> {
  const find = (condition: SQL | undefined) =>
    db
      .select({ manifestId: tags.manifestId, isImmutable: asColumn(isImmutable).mapWith(Boolean) })
      .from(tags)
      .where(condition);
  const [[source], [destination]] = await Promise.all([find(retagging.isSource), find(retagging.isDestination)]);
  if (!source) return "source unknown";
  if (!retagging.overrides) return "destination exists";
  return destination?.isImmutable && destination.manifestId !== source.manifestId
    ? "destination immutable"
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

export function listTagEventsQuery(
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
