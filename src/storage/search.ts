/** Lists of images across organizations and accounts: what somebody may see, page by page. */
import { and, asc, desc, eq, exists, inArray, type SQL, sql } from "drizzle-orm";
import type { AccessFacts, User } from "../model/access.ts";
import { storedCategories } from "../model/image-categories.ts";
import type { ImageFilter, ImageSort, ImageSource, Page } from "../model/image-search.ts";
import type { RepositoryName } from "../model/reference.ts";
import { isOwn, isSharedWith } from "./access.ts";
import type { Database } from "./database.ts";
import { hasArchitecture } from "./platforms.ts";
import {
  accounts,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  shares,
} from "./schema.ts";

export interface ImageSearch extends Page<ImageSort> {
  /** Undefined: anybody. */
  user: User | undefined;
  sources: readonly ImageSource[];
  filter: ImageFilter;
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

/** One page of images in the order asked for; images with equal keys in that of their ids. */
export async function searchImages(db: Database, search: ImageSearch): Promise<FoundImage[]> {
  const rows = await searchImagesQuery(db, search);
  return rows.map(({ organization, organizationLevel, repositoryLevel, isShared, ...image }) => ({
    ...image,
    facts: {
      organization,
      repository: { id: image.id, isPublic: image.isPublic },
      organizationLevel: organizationLevel ?? undefined,
      repositoryLevel: repositoryLevel ?? undefined,
      isShared: isShared === 1,
    },
  }));
}

export function searchImagesQuery(db: Database, search: ImageSearch) {
  // Each source walks its own index as far as the page needs; an image of two sources is one.
  const branches = search.sources.map((source) => sql`SELECT * FROM ${searchSourceQuery(db, search, source)}`);
  const order = search.isDescending ? sql`DESC` : sql`ASC`;
  const page = sql`(${sql.join(branches, sql` UNION `)} ORDER BY 2 ${order}, 1 ${order} LIMIT ${search.limit}) AS page`;
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
      key: sql<string | number>`page.key`,
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
    .from(page)
    .innerJoin(repositories, sql`${repositories.id} = page.id`)
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .orderBy(sql`page.key ${order}`, sql`page.id ${order}`);
}

/** The ids and sort keys of the page, as far as one source has them. */
export function searchSourceQuery(db: Database, search: ImageSearch, source: ImageSource) {
  const key = SORT_KEYS[search.sort];
  const direction = search.isDescending ? desc : asc;
  return db
    .select({ id: repositories.id, key: sql<string | number>`${key}`.as("key") })
    .from(repositories)
    .where(and(isFrom(db, source, search.user), ...conditionsOf(search.filter), isAfter(search)))
    .orderBy(direction(key), direction(repositories.id))
    .limit(search.limit);
}

function isFrom(db: Database, source: ImageSource, user: User | undefined): SQL | undefined {
  // Written out, because SQLite sees that a partial index fits by the text alone.
  if (source === "public") return sql`${repositories.isPublic} = 1`;
  if (!user) return sql`false`;
  if (source === "own") return isOwn(db, user);
  if (source === "sent") return and(isOwn(db, user), hasShare(db));
  const isOffered = inArray(
    repositories.id,
    db.select({ id: shares.repositoryId }).from(shares).where(eq(shares.accountId, user.accountId)),
  );
  return and(isOffered, isSharedWith(db, user));
}

/** Whether a row of `repositories` is shared with somebody, or was. */
function hasShare(db: Database): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(shares)
      .where(eq(shares.repositoryId, repositories.id)),
  );
}

function conditionsOf({ text, organization, category, isPublic, architecture }: ImageFilter): (SQL | undefined)[] {
  return [
    text === undefined ? undefined : sql`instr(${repositories.name}, ${text}) > 0`,
    organization === undefined
      ? undefined
      : eq(
          repositories.organizationId,
          sql`(SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} = ${organization})`,
        ),
    category === undefined ? undefined : inArray(repositories.category, storedCategories(category)),
    isPublic === undefined ? undefined : sql`${repositories.isPublic} = ${isPublic ? 1 : 0}`,
    architecture === undefined ? undefined : hasArchitecture(architecture),
  ];
}

function isAfter({ after, sort, isDescending }: ImageSearch): SQL | undefined {
  if (!after) return undefined;
  const [key, id] = after;
  return sql`(${SORT_KEYS[sort]}, ${repositories.id}) ${isDescending ? sql`<` : sql`>`} (${key}, ${id})`;
}
