/** Lists of repositories as SWR's API pages them: by offset, with a total. */
import { and, asc, desc, eq, exists, inArray, not, type SQL, sql } from "drizzle-orm";
import type { User } from "../model/access.ts";
import { type Category, storedCategories } from "../model/image-categories.ts";
import type { RepositoryName, Tag } from "../model/reference.ts";
import { isOwn, isRunning, isSharedWith } from "./access.ts";
import { asColumn, type Database } from "./database.ts";
import { accounts, organizations, repositories, shares, tags } from "./schema.ts";

/** Which repositories: those the user has a right to, those of them that are shared, or those others share with them. */
export type RepositoryScope = "own" | "shared-by" | "shared-with";

export type RepositoryOrder = "account" | "isPublic" | "name" | "organization" | "tagCount" | "updatedAt";

export interface RepositoryList {
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

/** One page, and how many there are in all. */
export async function listRepositories(
  db: Database,
  list: RepositoryList,
): Promise<{ repositories: ListedRepository[]; total: number }> {
  const [rows, [counted]] = await Promise.all([listRepositoriesQuery(db, list), countRepositoriesQuery(db, list)]);
  return {
    repositories: rows.map((row) => ({ ...row, isShared: row.isShared === 1, tags: JSON.parse(row.tags) as Tag[] })),
    total: counted?.total ?? 0,
  };
}

export function countRepositoriesQuery(db: Database, list: RepositoryList) {
  return db
    .select({ total: sql<number>`count(*)` })
    .from(repositories)
    .where(isListed(db, list));
}

/** The page is found by ids and sort keys alone: what is shown of each image is then read for the page only. */
export function listRepositoriesQuery(db: Database, list: RepositoryList) {
  const direction = list.isDescending ? desc : asc;
  const key = keyOf(list);
  const page = db
    .select({ id: sql<number>`${repositories.id}`.as("page_id"), key: asColumn<string | number>(key).as("page_key") })
    .from(repositories)
    .where(isListed(db, list))
    .orderBy(direction(key), direction(repositories.id))
    .limit(list.limit)
    .offset(list.offset)
    .as("page");
  return db
    .select({
      name: repositories.name,
      accountName: accounts.name,
      isPublic: repositories.isPublic,
      category: repositories.category,
      description: sql<string>`substr(${repositories.description}, 1, ${Math.floor(MAX_LISTED_DESCRIPTIONS_LENGTH / list.limit)})`,
      createdAt: repositories.createdAt,
      updatedAt: repositories.updatedAt,
      pullCount: repositories.pullCount,
      tagCount: repositories.tagCount,
      storedBytes: repositories.storedBytes,
      isShared: sql<number>`${hasRunningShare(db)}`,
      tags: sql<string>`(
        SELECT json_group_array(name) FROM (
          SELECT ${tags.name} FROM ${tags} WHERE ${tags.repositoryId} = ${repositories.id}
          ORDER BY ${tags.updatedAt} DESC LIMIT ${Math.min(MAX_LISTED_TAGS, Math.floor(MAX_PAGE_TAGS / list.limit))}))`,
    })
    .from(page)
    .innerJoin(repositories, eq(repositories.id, page.id))
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .orderBy(direction(page.key), direction(page.id));
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

function isListed(db: Database, list: RepositoryList): SQL | undefined {
  const { organization, text, category, isPublic, account, isShared } = list;
  return and(
    isInScope(db, list),
    organization === undefined
      ? undefined
      : sql`${repositories.organizationId} = (SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} = ${organization})`,
    text === undefined ? undefined : sql`instr(${imageName}, ${text}) > 0`,
    category === undefined ? undefined : inArray(repositories.category, storedCategories(category)),
    isPublic === undefined ? undefined : eq(repositories.isPublic, isPublic),
    account === undefined
      ? undefined
      : sql`${repositories.accountId} = (SELECT ${accounts.id} FROM ${accounts} WHERE ${accounts.name} = ${account})`,
    isShared === undefined ? undefined : isShared ? hasRunningShare(db) : not(hasRunningShare(db)),
  );
}

function isInScope(db: Database, { scope, user }: RepositoryList): SQL | undefined {
  if (scope === "own") return isOwn(db, user);
  if (scope === "shared-by") return and(isOwn(db, user), hasShare(db));
  const offered = db.select({ id: shares.repositoryId }).from(shares).where(eq(shares.accountId, user.accountId));
  // The first condition says nothing new, but finds them by an index.
  return and(inArray(repositories.id, offered), isSharedWith(db, user));
}

function hasShare(db: Database, condition?: SQL): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(shares)
      .where(and(eq(shares.repositoryId, repositories.id), condition)),
  );
}

/** Public images are for everybody, so that their shares mean nothing as long as they are. */
function hasRunningShare(db: Database): SQL {
  return sql`(${repositories.isPublic} = 0 AND ${hasShare(db, isRunning(Date.now()))})`;
}
