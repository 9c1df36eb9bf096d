/** Tags that came from elsewhere and that nobody has pulled for long: they go, and come again when somebody asks for them. */
import { and, asc, eq, lt, sql } from "drizzle-orm";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { type Unsettled, unsettledQuery } from "../content/settling.ts";
import type { Database } from "../database.ts";
import { isNamed } from "../deletion/gone.ts";
import { isKept } from "../immutable-rules/kept-tags.ts";
import { auditEvents, manifests, repositories, tagHistory, tags, upstreamTags } from "../schema.ts";

/** A tag that was not asked for by its name for long. */
export interface IdleTag {
  name: Tag;
  repository: { id: number; name: RepositoryName; accountId: number };
  /** The last pull of what it leads to, by whatever name, in milliseconds since 1970; null when there was none. */
  lastPulledAt: number | null;
  /** Whether the tag, and its image, are there at all. */
  isThere: boolean;
}

/** Tags of an organization that were not asked for since a time: those that have waited longest first. */
export async function listIdleTags(
  db: Database,
  organizationId: number,
  since: Date,
  limit: number,
): Promise<IdleTag[]> {
  return db
    .select({
      name: upstreamTags.name,
      repository: { id: repositories.id, name: repositories.name, accountId: repositories.accountId },
      lastPulledAt: sql<number | null>`${manifests.lastPulledAt}`,
      isThere: sql`${tags.name} IS NOT NULL AND ${isNamed(repositories.name)}`.mapWith(Boolean),
    })
    .from(upstreamTags)
    .innerJoin(repositories, eq(repositories.id, upstreamTags.repositoryId))
    .leftJoin(tags, and(eq(tags.repositoryId, upstreamTags.repositoryId), eq(tags.name, upstreamTags.name)))
    .leftJoin(manifests, eq(manifests.id, tags.manifestId))
    .where(and(eq(upstreamTags.organizationId, organizationId), lt(upstreamTags.usedAt, since)))
    .orderBy(asc(upstreamTags.usedAt))
    .limit(limit);
}

/**
 * Deletes idle tags of one image, with a line in the audit for each, unless a rule keeps them.
 *
 * @param days after which it does.
 * @returns what of companions is to be settled.
 */
export async function expireIdleTags(
  db: Database,
  repository: IdleTag["repository"],
  names: readonly Tag[],
  days: number,
): Promise<Unsettled[]> {
  const now = Date.now();
  const { id, name, accountId } = repository;
  const isMeant = sql`${tags.repositoryId} = ${id}
    AND ${tags.name} IN (SELECT value FROM json_each(${JSON.stringify(names)})) AND NOT ${isKept(tags)}`;
  const [, , , , unsettled] = await db.batch([
    db
      .insert(tagHistory)
      .select(sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, NULL, ${now} FROM ${tags} WHERE ${isMeant}`),
    db.insert(auditEvents).select(
      sql`SELECT NULL, ${now}, ${accountId}, ${organizationOf(name)}, NULL, 'registry', NULL, 'tag.expire',
                 ${name} || ':' || ${tags.name}, 'success', ${JSON.stringify({ unpulledDays: days })}, NULL
          FROM ${tags} WHERE ${isMeant}`,
    ),
    db.delete(tags).where(isMeant),
    db
      .update(repositories)
      .set({ updatedAt: new Date(now) })
      .where(and(eq(repositories.id, id), sql`changes() > 0`)),
    unsettledQuery(db, id),
  ]);
  return unsettled;
}

/** Puts off tags that were pulled by another name, or that a rule keeps, and forgets those that are gone. */
export async function settleIdleTags(
  db: Database,
  putOff: readonly { repositoryId: number; name: Tag; usedAt: number }[],
  gone: readonly { repositoryId: number; name: Tag }[],
): Promise<void> {
  const later = sql`json_each(${JSON.stringify(putOff)})`;
  const isIn = (rows: typeof later) => sql`(${upstreamTags.repositoryId}, ${upstreamTags.name}) IN (
    SELECT value ->> 'repositoryId', value ->> 'name' FROM ${rows})`;
  await db.batch([
    db
      .update(upstreamTags)
      .set({
        usedAt: sql`(
          SELECT max(value ->> 'usedAt') FROM ${later}
          WHERE value ->> 'repositoryId' = ${upstreamTags.repositoryId} AND value ->> 'name' = ${upstreamTags.name})`,
      })
      .where(isIn(later)),
    db.delete(upstreamTags).where(isIn(sql`json_each(${JSON.stringify(gone)})`)),
  ]);
}
