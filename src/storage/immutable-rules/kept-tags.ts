/** Which tags the immutable-tag rules of an image keep where they are: `model/tag-pattern.ts`. */
import { and, asc, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Tag } from "../../kernel/reference.ts";
import { isLedTo, isOfKey } from "../content/leading-tags.ts";
import type { Database } from "../database.ts";
import { immutableTagRules, manifests, tags } from "../schema.ts";

/** The columns of a row of `tags`, or of an alias of it. */
export type TagRow = Record<"repositoryId" | "name" | "manifestId" | "companionOf", SQLWrapper>;

/** A condition on a row of `tags`: whether a rule keeps the tag. */
export type TagRule = (tag: TagRow) => SQL;

/**
 * Whether a rule of its repository keeps a tag from being moved. Patterns are for versions: each signature moves the tag of the
 * signatures, and each build that of its cache. These are kept by a pattern that is their name, and companions by one that
 * speaks of digests.
 */
export function isImmutable(tag: TagRow): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${immutableTagRules} AS rules
    WHERE rules.repository_id = ${tag.repositoryId} AND ${tag.name} GLOB rules.pattern
      AND (rules.pattern = ${tag.name} OR CASE WHEN ${tag.companionOf} IS NOT NULL
        THEN instr(rules.pattern, 'sha256-') + instr(rules.pattern, 'sha512-') > 0
        ELSE (SELECT named.content FROM ${manifests} AS named WHERE named.id = ${tag.manifestId}) <> 'cache' END))`;
}

/** Whether one of these rules may keep companions by more than their name, as {@link isImmutable} decides. */
export function speakOfDigests(rules: string): boolean {
  return /sha(256|512)-/.test(rules);
}

/**
 * Whether a rule keeps a tag from being deleted: an immutable one, or a companion of an image that has an immutable tag, or of
 * a part of such an image. Companions may be added to it, but not taken from it. Images have any number of tags, which are
 * looked at only where there is a rule.
 */
export function isKept(tag: TagRow): SQL {
  const subjects = alias(manifests, "subjects");
  return sql`(${isImmutable(tag)} OR ${tag.companionOf} IS NOT NULL
    AND EXISTS (SELECT 1 FROM ${immutableTagRules} AS rules WHERE rules.repository_id = ${tag.repositoryId})
    AND EXISTS (
      SELECT 1 FROM ${manifests} AS ${subjects}
      WHERE ${subjects.repositoryId} = ${tag.repositoryId} AND ${isOfKey(subjects.digest, tag.companionOf)}
        AND ${isLedTo(subjects.id, isImmutable)}))`;
}

/** The rules of a repository in one text, `[]` when it has none; {@link hasRulesAsRead} tells whether they changed since. */
export async function readRules(db: Database, repositoryId: number): Promise<string> {
  const [row] = await db.all<{ rules: string }>(sql`SELECT ${rulesOf(repositoryId)} AS rules`);
  return row?.rules ?? "[]";
}

export function hasRulesAsRead(repositoryId: number, rules: string): SQL {
  return sql`${rulesOf(repositoryId)} = ${rules}`;
}

function rulesOf(repositoryId: number): SQL {
  return sql`(
    SELECT json_group_array(pattern) FROM (
      SELECT ${immutableTagRules.pattern} AS pattern FROM ${immutableTagRules}
      WHERE ${immutableTagRules.repositoryId} = ${repositoryId} ORDER BY 1))`;
}

/** How many tags a refusal names. */
const MAX_NAMED_TAGS = 20;

/** The first tags, of those that meet a condition, that a rule keeps from being moved. */
export async function findImmutableTags(db: Database, condition: SQL | undefined): Promise<Tag[]> {
  const rows = await db
    .select({ name: tags.name })
    .from(tags)
    .where(and(condition, isImmutable(tags)))
    .orderBy(asc(tags.name))
    .limit(MAX_NAMED_TAGS);
  return rows.map((row) => row.name);
}

/** Tags that one statement compares with rules. */
const COMPARED_TAGS = 2000;

/**
 * Looks at all tags of a repository, of which there may be a million, page by page, for those that a rule keeps.
 *
 * @param manifestId only those of a manifest.
 * @returns the first of them; none when no rule keeps any.
 */
export async function findKeptTags(
  db: Database,
  repositoryId: SQLWrapper | number,
  rule: TagRule,
  manifestId?: SQLWrapper,
): Promise<Tag[]> {
  const isMeant = manifestId === undefined ? sql`1` : sql`${tags.manifestId} = ${manifestId}`;
  for (let last = ""; ;) {
    const page = sql`
      SELECT ${tags.repositoryId}, ${tags.name}, ${tags.manifestId}, ${tags.companionOf} FROM ${tags}
      WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} > ${last} ORDER BY ${tags.name} LIMIT ${COMPARED_TAGS}`;
    const [row] = await db.all<{ seen: number; last: string | null; kept: string }>(sql`
      SELECT count(*) AS seen, max(name) AS last, json_group_array(name) FILTER (WHERE ${isMeant} AND ${rule(tags)}) AS kept
      FROM (${page}) AS ${tags}`);
    const kept = JSON.parse(row?.kept ?? "[]") as Tag[];
    if (kept.length > 0) return kept.slice(0, MAX_NAMED_TAGS);
    if (!row?.last || row.seen < COMPARED_TAGS) return [];
    last = row.last;
  }
}
