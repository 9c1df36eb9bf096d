/** The statements that let tags point to a manifest, for the batch that stores it. */
import { eq, type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { companionByName, companionOf, isAnnounced, tagKindOf } from "../../kernel/tag-kind.ts";
import type { Database, Given } from "../database.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { manifests, repositories, tagHistory, tags } from "../schema.ts";
import { isOfKey } from "./leading-tags.ts";
import { each, type List, manifestIdAt, type ManifestPlace } from "./manifest-statements.ts";

/** A tag that is about to point to a manifest, as statements read it from JSON. */
export interface TagMove {
  tag: Tag;
  /** The key of the digest that it belongs to then, if any. */
  companion: string | undefined;
  /** Whether its own name says so. */
  isNamed: boolean;
  /** Whether triggers for all tags are told of it. */
  isAnnounced: boolean;
}

export function movesOf(
  names: readonly Tag[],
  { digest, content, subject }: { digest: Digest } & Pick<Manifest, "content" | "subject">,
): TagMove[] {
  return names.map((tag) => {
    const companion = companionOf(tag, { digest, content, subject });
    const isNamed = companion !== undefined && companion === companionByName(tag, content);
    return { tag, companion, isNamed, isAnnounced: isAnnounced(tagKindOf(companion, content)) };
  });
}

/** Whether a tag points to a manifest already. */
export function isPointedTo(place: ManifestPlace, tag: SQL): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${place.repositoryId} AND ${tags.name} = ${tag} AND ${tags.manifestId} = ${manifestIdAt(place)})`;
}

/** Records the tags that do not point to a manifest yet, before they do. */
export function insertMoveHistory(
  db: Database,
  place: ManifestPlace,
  names: List,
  userId: Given<number | null>,
  now: Given<number>,
) {
  return db.insert(tagHistory).select(
    sql`SELECT NULL, ${place.repositoryId}, value, ${place.digest}, ${userId}, ${now} FROM ${each(names)}
        WHERE NOT ${isPointedTo(place, sql`value`)}`,
  );
}

/**
 * Moves tags. For one that a rule keeps elsewhere the manifest becomes NULL, which refuses the whole batch.
 *
 * @param moves of {@link TagMove}.
 */
export function moveTags(db: Database, place: ManifestPlace, moves: List, now: Given<number>) {
  const { repositoryId } = place;
  const manifestId = manifestIdAt(place);
  const companion = sql`(value ->> 'companion')`;
  const isWaiting = sql`value ->> 'isNamed' AND NOT EXISTS (
    SELECT 1 FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${repositoryId} AND ${isOfKey(manifests.digest, companion)})`;
  const isFixed = sql`EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = value ->> 'tag' AND ${tags.manifestId} <> ${manifestId}
      AND ${isImmutable(tags)})`;
  return db
    .insert(tags)
    .select(
      sql`SELECT ${repositoryId}, value ->> 'tag', CASE WHEN ${isFixed} THEN NULL ELSE ${manifestId} END,
                 ${now}, ${now}, ${companion}, CASE WHEN ${isWaiting} THEN ${now} END, ${UNWEIGHED}
          FROM ${each(moves)} WHERE true`,
    )
    .onConflictDoUpdate({ target: [tags.repositoryId, tags.name], set: MOVED });
}

/** The bytes of a new tag, until a trigger adds up those of what it points to (migration 0014). */
export const UNWEIGHED = sql.raw("0");

/** The columns of a tag that change with what it points to. */
export const MOVED = {
  manifestId: sql`excluded.manifest_id`,
  updatedAt: sql`excluded.updated_at`,
  companionOf: sql`excluded.companion_of`,
  waitingSince: sql`excluded.waiting_since`,
};

/** Notes that a repository has changed, and answers its id. */
export function touchRepository(db: Database, name: Given<RepositoryName>, now: Given<number>) {
  return db
    .update(repositories)
    .set({ updatedAt: sql`${now}` })
    .where(eq(repositories.name, name))
    .returning({ id: repositories.id });
}
