/** Lists of repositories as SWR's API pages them: by offset, with a total. */
import { and, asc, desc, eq, exists, inArray, not, type SQL, sql } from "drizzle-orm";
import type { User } from "../../model/rights/access.ts";
import { type Category, storedCategories } from "../../kernel/image-categories.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import type { ImageSource } from "../../model/images/image-search.ts";
import { isOwnImage, isRunning, isSharedWith } from "../rights/access.ts";
import { boundedPage, boundedTotal, type BoundedList } from "../bounded.ts";
import type { Database } from "../database.ts";
import { imageSelectors, imagesWhere, LISTED_COLUMNS, organizationIdOf } from "./image-selectors.ts";
import { accounts, repositories, shares, tags } from "../schema.ts";
import { totalImages } from "../quotas/totals.ts";

/** Which repositories: those the user has a right to, those of them that are shared, or those others share with them. */
export type RepositoryScope = "own" | "shared-by" | "shared-with";

export type RepositoryOrder = "account" | "isPublic" | "name" | "organization" | "tagCount" | "updatedAt";

/** Which repositories a list has. */
export interface RepositoryFilter {
  user: User;
  scope: RepositoryScope;
  /** The whole name of an organization. */
  organization: string | undefined;
  /** A part of the image's name. */
  text: string | undefined;
  category: Category | undefined;
  isPublic: boolean | undefined;
  /** The whole name of the account that the repository belongs to. */
  account: string | undefined;
  /** Whether at least one share holds. */
  isShared: boolean | undefined;
}

export interface RepositoryList extends RepositoryFilter {
  order: RepositoryOrder;
  isDescending: boolean;
  limit: number;
  offset: number;
}

/** How many tags of an image a list names, the newest first. */
export const MAX_LISTED_TAGS = 100;
/** And how many a page names; each entry has its part of them. */
const MAX_PAGE_TAGS = 10_000;
/** A page carries at most this many characters of descriptions, which may be long: each entry has its part of them. */
export const MAX_LISTED_DESCRIPTIONS_LENGTH = 300_000;

export interface ListedRepository {
  name: RepositoryName;
  accountName: string;
  isPublic: boolean;
  category: string;
  description: string;
  createdAt: Date;
  updatedAt: Date;
  pullCount: number;
  tagCount: number;
  storedBytes: number;
  isShared: boolean;
  tags: Tag[];
}

/** If a filter finds at most so many images, all of them are looked at and counted. */
export const MAX_COUNTED = 2000;
/** Otherwise a page looks through so many images, besides those that it shows and leaves out. */
export const MAX_SIFTED = 5000;

function maxSeenFor({ limit, offset }: RepositoryList): number {
  return offset + limit + MAX_SIFTED;
}

/** A page of repositories, or why there is none. */
export type RepositoryPage =
  | { outcome: "listed"; repositories: ListedRepository[]; total: number }
  /** There are more than so many images, which no index has in this order. */
  | { outcome: "too-many-to-sort"; counted: number }
  /** Too few of the first so many images meet the filters. */
  | { outcome: "too-few-found"; seen: number };

/**
 * One page, and how many there are in all; where filters find more than can be counted, how many there are at least: one
 * more than the pages so far, as long as there is another page.
 */
export async function listRepositories(db: Database, list: RepositoryList): Promise<RepositoryPage> {
  const { limit, offset } = list;
  const [rows, total] = await Promise.all([listRepositoriesQuery(db, list), countRepositories(db, list)]);
  const found = rows.filter(({ isEnd }) => isEnd === 0);
  if (total === undefined && !hasIndex(list)) return { outcome: "too-many-to-sort", counted: MAX_COUNTED };
  if (total === undefined && found.length < rows.length) return { outcome: "too-few-found", seen: maxSeenFor(list) };
  const page = found.slice(0, limit).map((row) => ({
    ...row,
    isShared: row.isShared === 1,
    tags: JSON.parse(row.tags) as Tag[],
  }));
  return {
    outcome: "listed",
    repositories: page,
    total: total ?? (found.length > 0 ? offset + found.length : await countSeen(db, list)),
  };
}

/** Whether the images of a scope have an index in the order of a list. */
function hasIndex({ scope, order, organization }: RepositoryList): boolean {
  return scope === "own" || (order !== "account" && (order !== "name" || organization !== undefined));
}

/** How many images a walk finds, for a page behind the last one. */
async function countSeen(db: Database, list: RepositoryList): Promise<number> {
  const all = boundedPage({ ...boundedListOf(db, list), limit: maxSeenFor(list), offset: 0 });
  const [row] = await db.all<{ total: number }>(sql`SELECT count(*) AS total FROM ${all} WHERE is_end = 0`);
  return row?.total ?? 0;
}

/** Undefined when nothing has counted them. */
async function countRepositories(db: Database, list: RepositoryList): Promise<number | undefined> {
  if (isUnfiltered(list)) return totalImages(db, list.user, list.organization);
  const [row] = await db.all<{ total: number | null }>(countRepositoriesQuery(db, list));
  return row?.total ?? undefined;
}

function isUnfiltered({ scope, text, category, isPublic, account, isShared }: RepositoryFilter): boolean {
  const filters = [text, category, isPublic, account, isShared];
  return scope === "own" && filters.every((filter) => filter === undefined);
}

function countRepositoriesQuery(db: Database, list: RepositoryList): SQL {
  return boundedTotal(boundedListOf(db, list));
}

/** The page is found by ids and sort keys alone: what is shown of each image is then read for the page only. */
function listRepositoriesQuery(db: Database, list: RepositoryList) {
  const direction = list.isDescending ? desc : asc;
  return db
    .select({
      ...shownColumns(db, list.limit),
      isEnd: sql<number>`page.is_end`,
      tags: sql<string>`(
        SELECT json_group_array(name) FROM (
          SELECT ${tags.name} FROM ${tags} WHERE ${tags.repositoryId} = ${repositories.id} AND ${tags.companionOf} IS NULL
          ORDER BY ${tags.updatedAt} DESC LIMIT ${Math.min(MAX_LISTED_TAGS, Math.floor(MAX_PAGE_TAGS / list.limit))}))`,
    })
    .from(boundedPage(boundedListOf(db, list)))
    .innerJoin(repositories, sql`${repositories.id} = page.id`)
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .orderBy(direction(sql`page.key`), direction(sql`page.id`));
}

/**
 * What a list shows of a row of `repositories` and of its account.
 *
 * @param limit how many entries the list may have: each has its part of the room for descriptions.
 */
export function shownColumns(db: Database, limit: number) {
  return {
    name: repositories.name,
    accountName: accounts.name,
    isPublic: repositories.isPublic,
    category: repositories.category,
    description: sql<string>`substr(${repositories.description}, 1, ${Math.floor(MAX_LISTED_DESCRIPTIONS_LENGTH / limit)})`,
    createdAt: repositories.createdAt,
    updatedAt: repositories.updatedAt,
    pullCount: repositories.pullCount,
    tagCount: repositories.tagCount,
    storedBytes: repositories.storedBytes,
    isShared: sql<number>`${hasRunningShare(db)}`,
  };
}

const SOURCES = { own: "own", "shared-by": "sent", "shared-with": "shared" } as const satisfies Record<
  RepositoryScope,
  ImageSource
>;

function boundedListOf(db: Database, list: RepositoryList): BoundedList {
  const { user, scope, organization, limit, offset } = list;
  const ofOrganization = organization && eq(repositories.organizationId, organizationIdOf(organization));
  const ofAccount = eq(repositories.accountId, user.accountId);
  const within = scope === "own" ? ofAccount : sql`${repositories.shareCount} > 0`;
  return {
    table: repositories,
    id: repositories.id,
    key: keyOf(list),
    isDescending: list.isDescending,
    // The only order that images have an index for by account, but not by organization.
    within: ofOrganization && list.order !== "isPublic" ? ofOrganization : within,
    conditions: isListed(db, list),
    columns: LISTED_COLUMNS,
    selectors: [
      ...filterSelectors(list),
      // An account of a usual size is counted whole, whatever the filters.
      ...(scope === "own" && !isUnfiltered(list) ? [imagesWhere(ofAccount)] : []),
    ],
    // One more tells whether there is another page.
    limit: limit + 1,
    offset,
    maxFew: MAX_COUNTED,
    maxWalked: hasIndex(list) ? maxSeenFor(list) : 0,
  };
}

/** The filters of a list that have an index of their own. */
export function filterSelectors({ user, scope, organization, text, category, isPublic }: RepositoryFilter): SQL[] {
  return [
    ...imageSelectors(SOURCES[scope], user, { text, category, isPublic }, MAX_COUNTED),
    ...(organization ? [imagesWhere(eq(repositories.organizationId, organizationIdOf(organization)))] : []),
  ];
}

/** The name without its organization. */
const imageName = sql<string>`substr(${repositories.name}, instr(${repositories.name}, '/') + 1)`;

const SORT_KEYS: Readonly<Record<RepositoryOrder, SQL>> = {
  account: sql`(SELECT ${accounts.name} FROM ${accounts} WHERE ${accounts.id} = ${repositories.accountId})`,
  isPublic: sql`${repositories.isPublic}`,
  name: imageName,
  organization: sql`${repositories.name}`,
  tagCount: sql`${repositories.tagCount}`,
  updatedAt: sql`${repositories.updatedAt}`,
};

/** Within one organization names sort as whole names do, for which there is an index. */
function keyOf({ order, organization }: RepositoryList): SQL {
  return SORT_KEYS[order === "name" && organization !== undefined ? "organization" : order];
}

/** Whether a row of `repositories` is one that a list has. */
export function isListed(db: Database, list: RepositoryFilter): SQL | undefined {
  const { organization, text, category, isPublic, account, isShared } = list;
  return and(
    isInScope(db, list),
    organization === undefined ? undefined : eq(repositories.organizationId, organizationIdOf(organization)),
    text === undefined ? undefined : sql`instr(${imageName}, ${text}) > 0`,
    category === undefined ? undefined : inArray(repositories.category, storedCategories(category)),
    isPublic === undefined ? undefined : eq(repositories.isPublic, isPublic),
    account === undefined
      ? undefined
      : sql`${repositories.accountId} = (SELECT ${accounts.id} FROM ${accounts} WHERE ${accounts.name} = ${account})`,
    isShared === undefined ? undefined : isShared ? hasRunningShare(db) : not(hasRunningShare(db)),
  );
}

function isInScope(db: Database, { scope, user }: RepositoryFilter): SQL | undefined {
  if (scope === "own") return isOwnImage(db, user);
  if (scope === "shared-by") return and(isOwnImage(db, user), sql`${repositories.shareCount} > 0`);
  return isSharedWith(db, user);
}

/** Public images are for everybody, so that their shares mean nothing as long as they are. */
function hasRunningShare(db: Database): SQL {
  const running = db
    .select({ one: sql`1` })
    .from(shares)
    .where(and(eq(shares.repositoryId, repositories.id), isRunning(Date.now())));
  return sql`(${repositories.isPublic} = 0 AND ${exists(running)})`;
}
