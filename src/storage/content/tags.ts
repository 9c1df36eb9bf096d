/** The tags of a repository, and what happened to them. */
import { and, asc, desc, eq, gt, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { isListedTag } from "./companions.ts";
import type { Database } from "../database.ts";
import { isImage, isNamedUser } from "../deletion/gone.ts";
import { manifests, manifestTexts, repositories, tagHistory, tags, users } from "../schema.ts";

/**
 * Tags after `last` in byte order, at most `limit`, in one query.
 *
 * @returns undefined when there is no such image; else also its id.
 */
export async function listTags(
  db: Database,
  repository: RepositoryName,
  last: string,
  limit: number,
): Promise<{ repository: { id: number }; tags: Tag[] } | undefined> {
  const rows = await db
    .select({ id: repositories.id, name: tags.name })
    .from(repositories)
    .leftJoin(tags, and(eq(tags.repositoryId, repositories.id), gt(tags.name, last as Tag)))
    .where(and(eq(repositories.name, repository), isImage(repositories)))
    .orderBy(asc(tags.name))
    .limit(limit);
  const [first] = rows;
  return first && { repository: { id: first.id }, tags: rows.flatMap((row) => row.name ?? []) };
}

/** Which tags of a repository a list by offset has. */
export interface TagList {
  repositoryId: number;
  /** The whole name. */
  name: string | undefined;
  order: "name" | "updatedAt";
  isDescending: boolean;
  /** What the list is sorted by, and the id, of the entry to go on behind; undefined for the first page. */
  after?: readonly [key: string | number, id: number] | undefined;
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
    .where(and(isListed(list), isAfter(list)))
    .orderBy(...order)
    .limit(list.limit)
    .offset(list.offset);
  return selectTagRecords(db, sql`${rowid} IN ${page}`).orderBy(...order);
}

function isListed({ repositoryId, name }: TagList): SQL | undefined {
  return and(eq(tags.repositoryId, repositoryId), name === undefined ? isListedTag(tags) : eq(tags.name, name as Tag));
}

function isAfter({ order, isDescending, after }: TagList): SQL | undefined {
  if (!after) return undefined;
  const [key, id] = after;
  const operator = isDescending ? sql`<` : sql`>`;
  if (order === "name") return sql`${tags.name} ${operator} ${key}`;
  return sql`(${tags.updatedAt}, ${tags}.rowid) ${operator} (${key}, ${id})`;
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

/**
 * All tags of some repositories, companions among them, in no order.
 *
 * @returns at most `limit` of them.
 */
export function listTagNames(
  db: Database,
  repositoryIds: readonly number[],
  limit: number,
): Promise<{ repositoryId: number; name: Tag }[]> {
  return db
    .select({ repositoryId: tags.repositoryId, name: tags.name })
    .from(sql`json_each(${JSON.stringify(repositoryIds)}) AS asked`)
    .innerJoin(tags, sql`${tags.repositoryId} = asked.value`)
    .limit(limit);
}

/** The same of one repository, after `last` in byte order. */
export async function listTagNamesOf(db: Database, repositoryId: number, last: string, limit: number): Promise<Tag[]> {
  const rows = await db
    .select({ name: tags.name })
    .from(tags)
    .where(and(eq(tags.repositoryId, repositoryId), gt(tags.name, last as Tag)))
    .orderBy(asc(tags.name))
    .limit(limit);
  return rows.map(({ name }) => name);
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
      imageBytes: tags.imageBytes,
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
