/** Tags that belong to a manifest: `kernel/tag-kind.ts`. */
import { and, isNotNull, isNull, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Tag } from "../../kernel/reference.ts";
import { companionByName, type CompanionType, companionTypeOf, DIGEST_KEY_LENGTH } from "../../kernel/tag-kind.ts";
import { isOfKey } from "./leading-tags.ts";
import { asColumn, type Database } from "../database.ts";
import { manifests, restingCompanions, tags } from "../schema.ts";

/** Whether a tag is in lists. Companions are not: they are shown with the manifests that they belong to. */
export function isListedTag({ companionOf }: typeof tags): SQL {
  return isNull(companionOf);
}

/** The part of a digest that its companions are known by. */
export function digestKey(digest: SQLWrapper): SQL<string> {
  return sql<string>`substr(${digest}, 1, ${sql.raw(String(DIGEST_KEY_LENGTH))})`;
}

/**
 * The digest that a tag belongs to, and since when it waits for the manifest of that digest, as two columns of a row of
 * `tags` that is about to be written.
 *
 * @param source the manifest that the tag is to point to, with the columns of `manifests`.
 */
export function companionColumns(
  repositoryId: number,
  tag: Tag,
  source: { digest: SQLWrapper; subject: SQLWrapper; content: SQLWrapper },
  now: number,
): { companionOf: SQL; waitingSince: SQL } {
  const [asImage, asOther] = [companionByName(tag, "image") ?? null, companionByName(tag, "artifact") ?? null];
  if (asOther === null) return { companionOf: digestKey(source.subject), waitingSince: sql`NULL` };
  const named = sql`CASE ${source.content} WHEN 'image' THEN ${asImage} ELSE ${asOther} END`;
  const isCompanion = sql`${named} <> ${digestKey(source.digest)}`;
  return {
    companionOf: sql`CASE WHEN ${isCompanion} THEN ${named} ELSE ${digestKey(source.subject)} END`,
    waitingSince: sql`CASE WHEN ${isCompanion} AND NOT EXISTS (
      SELECT 1 FROM ${manifests} AS subjects
      WHERE subjects.repository_id = ${repositoryId} AND ${isOfKey(sql`subjects.digest`, sql`${named}`)}) THEN ${now} END`,
  };
}

/**
 * `isAnnounced` of `kernel/tag-kind.ts`, as a condition.
 *
 * @param companionOf what the tag belongs to, as {@link companionColumns} has it.
 */
export function isAnnouncedTag(companionOf: SQLWrapper, content: SQLWrapper): SQL {
  return sql`(${companionOf} IS NULL AND ${content} <> 'cache')`;
}

/** Which of these names are tags that belong to a manifest. */
export async function findCompanions(db: Database, repositoryId: number, names: readonly Tag[]): Promise<Tag[]> {
  const isMeant = and(isAmong(tags, repositoryId, names), isNotNull(tags.companionOf));
  const rows = await db.select({ name: tags.name }).from(tags).where(isMeant);
  return rows.map(({ name }) => name);
}

/** Which of these names rest. */
export async function findResting(db: Database, repositoryId: number, names: readonly Tag[]): Promise<Tag[]> {
  const isMeant = isAmong(restingCompanions, repositoryId, names);
  const rows = await db.select({ name: restingCompanions.name }).from(restingCompanions).where(isMeant);
  return rows.map(({ name }) => name);
}

function isAmong(table: typeof tags | typeof restingCompanions, repositoryId: number, names: readonly Tag[]): SQL {
  return sql`${table.repositoryId} = ${repositoryId}
    AND ${table.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`;
}

/** How many companions of a manifest a list names. */
export const MAX_LISTED_COMPANIONS = 20;

/** A tag that belongs to a manifest. */
export interface TagCompanion {
  name: Tag;
  digest: Digest;
  /** Milliseconds since 1970. */
  pushedAt: number;
}

export function readCompanions(column: string): (TagCompanion & { type: CompanionType })[] {
  const companions = JSON.parse(column) as TagCompanion[];
  return companions.map((companion) => ({ ...companion, type: companionTypeOf(companion.name) }));
}

/** The companions of a manifest, as a column: a JSON array of the first by name. */
export function companionsOfManifest(manifest: typeof manifests): SQL<string> {
  return asColumn<string>(sql`(
  SELECT json_group_array(json_object('name', name, 'digest', digest, 'pushedAt', pushed_at)) FROM (
    SELECT companions.name AS name, attached.digest AS digest, companions.updated_at AS pushed_at
    FROM ${tags} AS companions CROSS JOIN ${manifests} AS attached ON attached.id = companions.manifest_id
    WHERE companions.repository_id = ${manifest.repositoryId} AND companions.companion_of = ${digestKey(manifest.digest)}
    ORDER BY companions.name LIMIT ${sql.raw(String(MAX_LISTED_COMPANIONS))}))`);
}

/**
 * Whether a manifest is no image of its own: it refers to one, or its tags belong to one, or it is a cache. A tag
 * of its own is looked for first: an image may have any number, and the first is enough.
 */
export function isAttached(manifest: typeof manifests): SQL<boolean> {
  return asColumn<boolean>(sql`(
  ${manifest.subject} IS NOT NULL OR ${manifest.content} = 'cache' OR (
    NOT EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${manifest.id} AND ${tags.companionOf} IS NULL)
    AND EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${manifest.id} AND ${tags.companionOf} IS NOT NULL)))`);
}
