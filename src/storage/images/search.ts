/** Lists of images across organizations and accounts: what somebody may see, page by page. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { AccessFacts, User } from "../../model/rights/access.ts";
import { storedCategories } from "../../kernel/image-categories.ts";
import type { ImageFilter, ImageSort, ImageSource, Page } from "../../model/images/image-search.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { isOwnImage, isSharedWith } from "../rights/access.ts";
import { boundedPage, type BoundedList, type BoundedPage, MAX_WALKED, splitEnd } from "../bounded.ts";
import type { Database } from "../database.ts";
import { imageSelectors, LISTED_COLUMNS, organizationIdOf } from "./image-selectors.ts";
import { hasArchitecture } from "./platforms.ts";
import { accounts, organizationPermissions, repositories, repositoryPermissions } from "../schema.ts";

export interface ImageSearch extends Page<ImageSort> {
  /** Undefined: anybody. */
  user: User | undefined;
  sources: readonly ImageSource[];
  filter: ImageFilter;
  /** A filter that finds at most so many images has all of them looked at, if not as many as in other lists. */
  maxFew?: number;
}

/** How many characters of a description a list shows: whole ones would make pages of megabytes. */
const EXCERPT_LENGTH = 200;

/** What an image is found by, with the facts that decide what the user may do with it. */
export interface FoundImage {
  id: number;
  name: RepositoryName;
  accountName: string;
  isPublic: boolean;
  category: string;
  /** The beginning of the description. */
  excerpt: string;
  tagCount: number;
  storedBytes: number;
  pullCount: number;
  createdAt: Date;
  updatedAt: Date;
  /** What the list is sorted by. */
  key: string | number;
  facts: AccessFacts;
}

const SORT_KEYS = {
  name: repositories.name,
  updated: repositories.updatedAt,
  tags: repositories.tagCount,
} as const satisfies Record<ImageSort, unknown>;

/**
 * One page of images in the order asked for; images with equal keys in that of their ids. Where a source was not looked
 * through so far as the page needs ({@link BoundedPage}), the page has fewer.
 */
export async function searchImages(db: Database, search: ImageSearch): Promise<BoundedPage<FoundImage>> {
  const pages = await Promise.all(search.sources.map((source) => searchSource(db, search, source)));
  return mergePages(pages, search);
}

async function searchSource(db: Database, search: ImageSearch, source: ImageSource): Promise<BoundedPage<FoundImage>> {
  const { rows, end } = splitEnd(await searchSourceQuery(db, search, source));
  const images = rows.map(({ organization, organizationLevel, repositoryLevel, isShared, generation, ...image }) => ({
    ...image,
    facts: {
      organization,
      repository: {
        id: image.id,
        accountId: organization.accountId,
        generation,
        isPublic: image.isPublic,
        isImage: true,
      },
      organizationLevel: organizationLevel ?? undefined,
      repositoryLevel: repositoryLevel ?? undefined,
      isShared: isShared === 1,
    },
  }));
  return { rows: images, end };
}

/**
 * Merges the pages of several sources; an image of two sources is one. Behind the point that a source was looked through to,
 * it is not known what comes next.
 */
function mergePages(pages: readonly BoundedPage<FoundImage>[], { isDescending, limit }: ImageSearch) {
  const sign = isDescending ? -1 : 1;
  const compare = (one: Position, other: Position) => {
    if (one.key !== other.key) return one.key < other.key ? -sign : sign;
    return sign * (one.id - other.id);
  };
  const [end] = pages.flatMap((page) => page.end ?? []).toSorted(compare);
  const images = new Map(pages.flatMap(({ rows }) => rows).map((image) => [image.id, image]));
  const rows = [...images.values()]
    .toSorted(compare)
    .filter((image) => end === undefined || compare(image, end) <= 0)
    .slice(0, limit);
  return { rows, end: rows.length < limit ? end : undefined };
}

type Position = Pick<FoundImage, "key" | "id">;

/** The page as far as one source has it. */
function searchSourceQuery(db: Database, search: ImageSearch, source: ImageSource) {
  const order = search.isDescending ? sql`DESC` : sql`ASC`;
  const userId = search.user?.id ?? null;
  return db
    .select({
      id: repositories.id,
      name: repositories.name,
      accountName: accounts.name,
      isPublic: repositories.isPublic,
      category: repositories.category,
      excerpt: sql<string>`substr(${repositories.description}, 1, ${EXCERPT_LENGTH})`,
      tagCount: repositories.tagCount,
      storedBytes: repositories.storedBytes,
      pullCount: repositories.pullCount,
      createdAt: repositories.createdAt,
      updatedAt: repositories.updatedAt,
      generation: repositories.generation,
      key: sql<string | number>`page.key`,
      isEnd: sql<number>`page.is_end`,
      organization: { id: repositories.organizationId, accountId: repositories.accountId },
      organizationLevel: sql<AccessFacts["organizationLevel"] | null>`(
        SELECT ${organizationPermissions.level} FROM ${organizationPermissions}
        WHERE ${organizationPermissions.organizationId} = ${repositories.organizationId}
          AND ${organizationPermissions.userId} = ${userId})`,
      repositoryLevel: sql<AccessFacts["repositoryLevel"] | null>`(
        SELECT ${repositoryPermissions.level} FROM ${repositoryPermissions}
        WHERE ${repositoryPermissions.repositoryId} = ${repositories.id} AND ${repositoryPermissions.userId} = ${userId})`,
      isShared: search.user ? sql<number>`(${isSharedWith(db, search.user)})` : sql<number>`0`,
    })
    .from(boundedPage(listOf(db, search, source)))
    .innerJoin(repositories, sql`${repositories.id} = page.id`)
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .orderBy(sql`page.key ${order}`, sql`page.id ${order}`);
}

function listOf(db: Database, search: ImageSearch, source: ImageSource): BoundedList {
  const { user, filter, sort, isDescending, after, limit } = search;
  const { within, conditions } = scopeOf(db, source, user, filter.organization);
  return {
    table: repositories,
    id: repositories.id,
    key: SORT_KEYS[sort],
    isDescending,
    within,
    conditions: and(conditions, ...conditionsOf(filter)),
    columns: LISTED_COLUMNS,
    selectors: imageSelectors(source, user, filter),
    after,
    limit,
    ...(search.maxFew !== undefined && { maxFew: search.maxFew }),
    maxWalked: Math.ceil(MAX_WALKED / search.sources.length),
  };
}

/** Where a source's images are in an index by the key, and which of those are its images. */
function scopeOf(
  db: Database,
  source: ImageSource,
  user: User | undefined,
  organization: ImageFilter["organization"],
): { within: SQL; conditions?: SQL | undefined } {
  if (source !== "public" && !user) return { within: sql`false` };
  const conditions = user && source !== "public" ? isFrom(db, source, user) : sql`${repositories.isPublic} = 1`;
  if (organization !== undefined) {
    return { within: eq(repositories.organizationId, organizationIdOf(organization)), conditions };
  }
  // Written out, because SQLite sees that a partial index fits by the text alone.
  if (source === "public") return { within: sql`${repositories.isPublic} = 1` };
  if (source === "own" && user) return { within: eq(repositories.accountId, user.accountId), conditions };
  return { within: sql`${repositories.shareCount} > 0`, conditions };
}

function isFrom(db: Database, source: Exclude<ImageSource, "public">, user: User): SQL | undefined {
  if (source === "own") return isOwnImage(db, user);
  if (source === "sent") return and(isOwnImage(db, user), sql`${repositories.shareCount} > 0`);
  return isSharedWith(db, user);
}

function conditionsOf({ text, category, isPublic, architecture }: ImageFilter): (SQL | undefined)[] {
  return [
    text === undefined ? undefined : sql`instr(${repositories.name}, ${text}) > 0`,
    category === undefined ? undefined : inArray(repositories.category, storedCategories(category)),
    isPublic === undefined ? undefined : sql`${repositories.isPublic} = ${isPublic ? 1 : 0}`,
    architecture === undefined ? undefined : hasArchitecture(architecture),
  ];
}
