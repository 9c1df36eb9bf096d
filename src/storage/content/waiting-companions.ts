/** Companions that came before their manifests. */
import { and, asc, eq, lte, sql, type SQL } from "drizzle-orm";
import { organizationOf } from "../../kernel/reference.ts";
import { insertAuditForEach } from "../audit/audit.ts";
import { isOfKey } from "./leading-tags.ts";
import { isSubjectThere, registryOf, type SettledRepository } from "./settling.ts";
import type { Database } from "../database.ts";
import { isThere } from "../deletion/gone.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { manifests, repositories, tagHistory, tags } from "../schema.ts";

/**
 * Deletes companions whose manifests have not come since a time: cosign may sign before the image is there. Those whose
 * image is elsewhere in the account wait on, for signatures may be kept in a repository of their own
 * (`COSIGN_REPOSITORY`); and those of a repository that keeps everything.
 *
 * @returns how many it looked at; fewer than `limit` when there are no more.
 */
export async function expireWaiting(db: Database, since: number, limit: number): Promise<number> {
  const now = Date.now();
  const found = await waitingQuery(db, since, limit);
  if (found.length === 0) return 0;
  const byRepository = Map.groupBy(found, ({ id }) => id);
  for (const waiting of byRepository.values()) {
    const [repository] = waiting;
    if (!repository) continue;
    const names = JSON.stringify(waiting.map(({ tag }) => tag));
    const isMeant = sql`${tags.repositoryId} = ${repository.id} AND ${tags.name} IN (SELECT value FROM json_each(${names}))
      AND ${tags.waitingSince} <= ${since}`;
    const entry = {
      action: "tag.expire",
      organization: organizationOf(repository.name),
      resource: repository.name,
    } as const;
    const isLost = sql`${isMeant} AND NOT ${isImmutable(tags)} AND NOT ${isElsewhere(repository)}`;
    await db.batch([
      db
        .insert(tagHistory)
        .select(sql`SELECT NULL, ${repository.id}, ${tags.name}, NULL, NULL, ${now} FROM ${tags} WHERE ${isLost}`),
      insertAuditForEach(db, registryOf(repository), entry, {
        from: sql`${tags} WHERE ${isLost}`,
        resource: sql`${`${repository.name}:`} || ${tags.name}`,
        detail: sql`json_object('companionOf', ${tags.companionOf})`,
      }),
      db.delete(tags).where(isLost),
      db
        .update(tags)
        .set({
          waitingSince: sql`CASE WHEN NOT ${isSubjectThere(repository.id, sql`${tags.companionOf}`)} THEN ${now} END`,
        })
        .where(isMeant),
    ]);
  }
  return found.length;
}

function waitingQuery(db: Database, since: number, limit: number) {
  return db
    .select({ id: repositories.id, name: repositories.name, accountId: repositories.accountId, tag: tags.name })
    .from(tags)
    .innerJoin(repositories, eq(repositories.id, tags.repositoryId))
    .where(and(sql`${tags.waitingSince} IS NOT NULL`, lte(tags.waitingSince, since), isThere(repositories)))
    .orderBy(asc(tags.waitingSince))
    .limit(limit);
}

/** Of how many repositories that have a digest the accounts are compared. */
const MAX_PLACES = 200;

/**
 * Whether the manifest that a tag belongs to is in another repository of the account. Of a digest that very many
 * repositories have, this is assumed.
 */
function isElsewhere({ id, accountId }: SettledRepository): SQL {
  const places = sql`
    SELECT copies.repository_id FROM ${manifests} AS copies
    WHERE ${isOfKey(sql`copies.digest`, tags.companionOf)} LIMIT ${MAX_PLACES}`;
  return sql`(
    EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${id} AND ${repositories.keepsUntagged} = 1)
    OR EXISTS (
      SELECT 1 FROM ${repositories} WHERE ${repositories.id} IN (${places}) AND ${repositories.accountId} = ${accountId})
    OR (SELECT count(*) FROM (${places})) = ${MAX_PLACES})`;
}
