/** What an image's page shows: its properties, its tags and one of its manifests. */
import { and, asc, eq, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Page, TagFilter, TagSort } from "../../model/images/image-search.ts";
import { MAX_MEDIA_TYPE_LENGTH } from "../../kernel/limits.ts";
import type { Tag } from "../../kernel/reference.ts";
import type { Platform } from "../../kernel/platform.ts";
import { type BoundedList, boundedPage, splitEnd, tagSelectors } from "../bounded.ts";
import { companionsOfManifest, isListedTag, readCompanions } from "../content/companions.ts";
import { asColumn, type Database } from "../database.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { countPlatforms, platformsOfManifest } from "./platforms.ts";
import {
  accounts,
  blobs,
  manifestBlobs,
  manifestChildren,
  manifestPlatforms,
  manifests,
  repositories,
  tagHistory,
  tags,
  users,
} from "../schema.ts";

/** The properties of a repository that its page shows. */
export async function findImageProperties(db: Database, repositoryId: number) {
  const [row] = await db
    .select({
      accountName: accounts.name,
      isPublic: repositories.isPublic,
      category: repositories.category,
      description: repositories.description,
      tagCount: repositories.tagCount,
      companionCount: repositories.companionCount,
      storedBytes: repositories.storedBytes,
      pullCount: repositories.pullCount,
      createdBy: users.name,
      createdAt: repositories.createdAt,
      updatedAt: repositories.updatedAt,
    })
    .from(repositories)
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .leftJoin(users, isNamedUser(repositories.createdBy))
    .where(eq(repositories.id, repositoryId));
  return row;
}

export interface TagSearch extends Page<TagSort>, TagFilter {
  repositoryId: number;
}

const SORT_KEYS = {
  name: tags.name,
  updated: tags.updatedAt,
  size: tags.imageBytes,
} as const satisfies Record<TagSort, unknown>;

/**
 * A text that is in at most so many of an image's tags has all of them looked at. One that is in more is in so many of a hundred
 * thousand that a walk past a thousand finds some.
 */
const MAX_FEW_TAGS = 2000;

/**
 * How many blobs of an image and its platforms are added up: those of twenty platforms of a hundred layers. An index may have
 * ten thousand children of ten thousand layers each, which would be a hundred million rows to read, for each of its tags.
 */
export const MAX_ADDED_BLOBS = 2000;

/**
 * Bytes of the blobs of a manifest and of its children, each counted once: of the first {@link MAX_ADDED_BLOBS}. Triggers keep the
 * same in `tags.imageBytes` (migration 0014).
 */
export function imageBytes(manifestId: SQLWrapper): SQL<number> {
  return asColumn<number>(sql`(
  SELECT coalesce(sum(${blobs.size}), 0) FROM ${blobs} WHERE ${blobs.id} IN (
    SELECT blob_id FROM (
      SELECT ${manifestBlobs.blobId} AS blob_id FROM ${manifestBlobs}
      WHERE ${manifestBlobs.manifestId} = ${manifestId}
      UNION ALL
      SELECT ${manifestBlobs.blobId} FROM ${manifestChildren} CROSS JOIN ${manifestBlobs}
      WHERE ${manifestChildren.parentId} = ${manifestId} AND ${manifestBlobs.manifestId} = ${manifestChildren.childId}
      LIMIT ${sql.raw(String(MAX_ADDED_BLOBS))})))`);
}

/**
 * One page of a repository's tags in the order asked for; tags with equal keys in that of their rows. Where many have the text in
 * their names, a page may have fewer ({@link BoundedPage}).
 */
export async function listTagDetails(db: Database, search: TagSearch) {
  const { rows, end } = splitEnd(await listTagDetailsQuery(db, search));
  const tagsOfPage = rows.map(({ platforms, companions, referrers, sameDigest, ...tag }) => ({
    ...tag,
    referrers: readReferrers(referrers),
    platforms: JSON.parse(platforms) as Platform[],
    companions: readCompanions(companions),
    ...readSameDigest(sameDigest),
  }));
  return { rows: tagsOfPage, end };
}

function listTagDetailsQuery(db: Database, search: TagSearch) {
  const order = search.isDescending ? sql`DESC` : sql`ASC`;
  return db
    .select({
      id: sql<number>`page.id`,
      key: sql<string | number>`page.key`,
      isEnd: sql<number>`page.is_end`,
      name: tags.name,
      digest: manifests.digest,
      mediaType: manifests.mediaType,
      content: manifests.content,
      companions: companionsOfManifest(manifests),
      referrers: referrersOfManifest(manifests),
      sameDigest: othersOfManifest,
      artifactType: sql<string | null>`substr(${manifests.artifactType}, 1, ${MAX_MEDIA_TYPE_LENGTH})`,
      imageBytes: tags.imageBytes,
      platformCount: countPlatforms(manifests),
      platforms: platformsOfManifest(manifests),
      isImmutable: sql`${isImmutable(tags)}`.mapWith(Boolean),
      pushedBy: sql<string | null>`(
        SELECT ${users.name} FROM ${tagHistory} LEFT JOIN ${users} ON ${isNamedUser(tagHistory.userId)}
        WHERE ${tagHistory.repositoryId} = ${tags.repositoryId} AND ${tagHistory.tag} = ${tags.name}
        ORDER BY ${tagHistory.id} DESC LIMIT 1)`,
      createdAt: tags.createdAt,
      pushedAt: tags.updatedAt,
      lastPulledAt: manifests.lastPulledAt,
    })
    .from(boundedPage(listOf(search)))
    .innerJoin(tags, sql`${tags}.rowid = page.id`)
    .innerJoin(manifests, eq(manifests.id, tags.manifestId))
    .orderBy(sql`page.key ${order}`, sql`page.id ${order}`);
}

/** How many other tags of the same digest a list of tags names. */
export const MAX_LISTED_SAME = 5;
/** Tags of one digest that are looked at for that: companions among them are passed over. */
const MAX_SEEN_SAME = 50;

/**
 * The other tags that point to a tag's manifest, those made first before others, as a column: a JSON array, with one more than
 * {@link MAX_LISTED_SAME} where there are more. A manifest may have any number of tags, of which an index finds so few.
 */
const othersOfManifest = asColumn<string>(sql`(
  SELECT json_group_array(name) FROM (
    SELECT name FROM (
      SELECT same.name AS name, same.companion_of AS companion_of FROM ${tags} AS same
      WHERE same.manifest_id = ${tags.manifestId} LIMIT ${sql.raw(String(MAX_SEEN_SAME))})
    WHERE companion_of IS NULL AND name <> ${tags.name} LIMIT ${sql.raw(String(MAX_LISTED_SAME + 1))}))`);

function readSameDigest(column: string): { sameDigest: Tag[]; hasMoreSame: boolean } {
  const names = JSON.parse(column) as Tag[];
  return { sameDigest: names.slice(0, MAX_LISTED_SAME), hasMoreSame: names.length > MAX_LISTED_SAME };
}

/** How many manifests that refer to another a list of tags names. */
export const MAX_LISTED_REFERRERS = 10;
/** Of an annotation: the longest real ones are addresses of predicates. Annotations of more bytes together are not looked at. */
const MAX_ANNOTATION_LENGTH = 256;
const MAX_READ_ANNOTATIONS = 8192;
/** Those that say what a bundle of Sigstore's holds. */
const TELLING_ANNOTATIONS = ["dev.sigstore.bundle.content", "dev.sigstore.bundle.predicateType"] as const;

/** One annotation of a row of `referring`, or NULL. */
function shortAnnotation(name: string): SQL {
  return sql`CASE WHEN length(CAST(annotations AS BLOB)) <= ${sql.raw(String(MAX_READ_ANNOTATIONS))}
    THEN substr(annotations ->> ${sql.raw(`'$."${name}"'`)}, 1, ${sql.raw(String(MAX_ANNOTATION_LENGTH))}) END`;
}

/** What refers to a manifest, as a column: a JSON array of the first by digest. */
function referrersOfManifest(manifest: typeof manifests): SQL<string> {
  return asColumn<string>(sql`(
  SELECT json_group_array(json_object('digest', digest, 'artifactType', substr(artifact_type, 1, ${sql.raw(String(MAX_MEDIA_TYPE_LENGTH))}),
    'annotations', json_array(${sql.join(TELLING_ANNOTATIONS.map(shortAnnotation), sql`, `)}))) FROM (
    SELECT referring.digest AS digest, referring.artifact_type AS artifact_type, referring.annotations AS annotations
    FROM ${manifests} AS referring
    WHERE referring.repository_id = ${manifest.repositoryId} AND referring.subject = ${manifest.digest}
    ORDER BY referring.digest LIMIT ${sql.raw(String(MAX_LISTED_REFERRERS))}))`);
}

/** Something that refers to a tag's manifest, such as a signature. */
export interface TagReferrer {
  digest: Digest;
  artifactType: string | null;
  /** Those of {@link TELLING_ANNOTATIONS} that it has. */
  annotations: Record<string, string>;
}

function readReferrers(column: string): TagReferrer[] {
  const rows = JSON.parse(column) as { digest: Digest; artifactType: string | null; annotations: (string | null)[] }[];
  return rows.map(({ annotations, ...referrer }) => ({
    ...referrer,
    annotations: Object.fromEntries(
      TELLING_ANNOTATIONS.flatMap((name, at) => {
        const value = annotations[at];
        return typeof value === "string" ? [[name, value]] : [];
      }),
    ),
  }));
}

function listOf({ repositoryId, name, text, sort, isDescending, after, limit }: TagSearch): BoundedList {
  // Several tags may have one time or size. Their row numbers order these, and the indexes hold row numbers.
  const id = sql`${tags}.rowid`;
  const key = SORT_KEYS[sort];
  return {
    table: tags,
    id,
    key,
    isDescending,
    within: and(eq(tags.repositoryId, repositoryId), isListedTag(tags), name && eq(tags.name, name)),
    conditions: text === undefined ? undefined : sql`instr(lower(${tags.name}), ${text}) > 0`,
    columns: [...new Set([id, key, tags.name])],
    selectors: tagSelectors(repositoryId, text),
    after,
    limit,
    maxFew: MAX_FEW_TAGS,
  };
}

/** How many of a manifest's tags its page names. */
const MAX_TAGS = 100;
/** Up to how many a manifest's tags and referrers are counted. */
export const MAX_COUNTED = 1000;

/** What the registry knows of a manifest beyond its text; undefined when it is gone. */
export async function findManifestFacts(db: Database, manifestId: number) {
  const named = db
    .select({ name: tags.name })
    .from(tags)
    .where(eq(tags.manifestId, manifestId))
    .limit(MAX_COUNTED)
    .as("named");
  const [[facts], shown] = await Promise.all([
    db
      .select({
        createdAt: manifests.createdAt,
        lastPulledAt: manifests.lastPulledAt,
        imageBytes: imageBytes(manifests.id),
        companions: companionsOfManifest(manifests),
        referrerCount: asColumn<number>(sql`(
          SELECT count(*) FROM (
            SELECT 1 FROM ${manifests} AS referrers
            WHERE referrers.repository_id = ${manifests.repositoryId} AND referrers.subject = ${manifests.digest}
            LIMIT ${MAX_COUNTED}))`),
        hasPlatform: asColumn<number>(sql`EXISTS (
          SELECT 1 FROM ${manifestPlatforms} WHERE ${manifestPlatforms.manifestId} = ${manifests.id})`).mapWith(
          Boolean,
        ),
      })
      .from(manifests)
      .where(eq(manifests.id, manifestId)),
    db
      .select({ name: named.name, total: sql<number>`count(*) OVER ()` })
      .from(named)
      .orderBy(asc(named.name))
      .limit(MAX_TAGS),
  ]);
  return (
    facts && {
      ...facts,
      companions: readCompanions(facts.companions),
      tags: shown.map(({ name }) => name),
      tagCount: shown[0]?.total ?? 0,
    }
  );
}

/** The bytes of these children of an index, by digest. */
export async function listChildBytes(
  db: Database,
  manifestId: number,
  digests: readonly Digest[],
): Promise<Map<Digest, number>> {
  const rows = await db
    .select({ digest: manifests.digest, imageBytes: imageBytes(manifests.id) })
    .from(manifests)
    .where(
      and(
        eq(
          manifests.repositoryId,
          sql`(SELECT repository_id FROM manifests AS parent WHERE parent.id = ${manifestId})`,
        ),
        sql`${manifests.digest} IN (SELECT value FROM json_each(${JSON.stringify(digests)}))`,
      ),
    );
  return new Map(rows.map((row) => [row.digest, row.imageBytes]));
}
