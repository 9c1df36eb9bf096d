/** What is attached to manifests: tags that belong to them, and manifests that refer to them. */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_MEDIA_TYPE_LENGTH } from "../../kernel/limits.ts";
import type { Tag } from "../../kernel/reference.ts";
import { type DigestKey, digestKeyOf } from "../../kernel/tag-kind.ts";
import type { Database } from "../database.ts";
import { imageBytes } from "../images/image-detail.ts";
import { manifests, tags } from "../schema.ts";
import { isOfKey } from "./leading-tags.ts";

/** How many tags that belong to a manifest, and how many manifests that refer to it, a list has. */
export const MAX_ATTACHED = 1000;

/** A tag that belongs to a manifest, or a manifest that refers to it and has no such tag. */
export interface AttachedManifest {
  id: number;
  tag: Tag | null;
  digest: Digest;
  artifactType: string | null;
  imageBytes: number;
  createdAt: Date;
  updatedAt: Date;
}

/** The digest that a tag points to, and what it belongs to; undefined when there is no such tag. */
export async function findTagSubject(db: Database, repositoryId: number, tag: Tag) {
  const [row] = await db
    .select({ digest: manifests.digest, companionOf: tags.companionOf })
    .from(tags)
    .innerJoin(manifests, eq(manifests.id, tags.manifestId))
    .where(and(eq(tags.repositoryId, repositoryId), eq(tags.name, tag)));
  return row;
}

/**
 * A page of what is attached to a manifest, in the order in which it was first pushed, and how much there is in all: of the
 * first {@link MAX_ATTACHED} by name and by digest.
 */
export async function listAttached(
  db: Database,
  { repositoryId, digest }: { repositoryId: number; digest: Digest },
  { limit, offset }: { limit: number; offset: number },
): Promise<{ total: number; attached: AttachedManifest[] }> {
  const rows = await db
    .select({
      total: sql<number>`page.total`,
      id: manifests.id,
      tag: tags.name,
      digest: manifests.digest,
      artifactType: sql<string | null>`substr(${manifests.artifactType}, 1, ${MAX_MEDIA_TYPE_LENGTH})`,
      imageBytes: imageBytes(manifests.id),
      pushedAt: manifests.createdAt,
      createdAt: tags.createdAt,
      updatedAt: tags.updatedAt,
    })
    .from(
      sql`(
      WITH companions AS MATERIALIZED (
        SELECT ${tags}.rowid AS tag_id, ${tags.manifestId} AS id FROM ${tags}
        WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.companionOf} = ${digestKeyOf(digest)}
        ORDER BY ${tags.name} LIMIT ${MAX_ATTACHED}),
      referring AS MATERIALIZED (
        SELECT ${manifests.id} AS id FROM ${manifests}
        WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.subject} = ${digest}
        ORDER BY ${manifests.digest} LIMIT ${MAX_ATTACHED}),
      attached AS MATERIALIZED (
        SELECT tag_id, id FROM companions
        UNION ALL SELECT NULL, id FROM referring WHERE id NOT IN (SELECT id FROM companions)),
      shown AS MATERIALIZED (SELECT * FROM attached ORDER BY id, tag_id LIMIT ${limit} OFFSET ${offset})
      SELECT (SELECT count(*) FROM attached) AS total, shown.tag_id, shown.id
      FROM (SELECT 1) LEFT JOIN shown) AS page`,
    )
    .leftJoin(manifests, sql`${manifests.id} = page.id`)
    .leftJoin(tags, sql`${tags}.rowid = page.tag_id`)
    .orderBy(sql`page.id`, sql`page.tag_id`);
  const attached = rows.flatMap(({ total: _total, pushedAt, ...row }) => {
    const { id, digest: found, imageBytes: size, createdAt, updatedAt } = row;
    if (id === null || found === null || pushedAt === null) return [];
    const times = { createdAt: createdAt ?? pushedAt, updatedAt: updatedAt ?? pushedAt };
    return [{ ...row, id, digest: found, imageBytes: size, ...times }];
  });
  return { total: rows[0]?.total ?? 0, attached };
}

/**
 * The tags of the manifest that something belongs to, companions among them, in the order of their ids behind one of them.
 *
 * @param subject `key`: the digest that it belongs to, as far as a companion's name has it.
 */
export function listTagsOfSubject(
  db: Database,
  { repositoryId, key }: { repositoryId: number; key: DigestKey },
  { limit, after }: { limit: number; after: number },
): Promise<{ id: number; name: Tag }[]> {
  const rowid = sql<number>`${tags}.rowid`;
  const subject = db
    .select({ id: manifests.id })
    .from(manifests)
    .where(and(eq(manifests.repositoryId, repositoryId), isOfKey(manifests.digest, sql`${key}`)))
    .limit(1);
  return db
    .select({ id: rowid, name: tags.name })
    .from(tags)
    .where(and(eq(tags.manifestId, sql`(${subject})`), gt(rowid, after)))
    .orderBy(asc(rowid))
    .limit(limit);
}
