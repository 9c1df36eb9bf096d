/**
 * Lists of repositories in the order of their ids, as SWR's API v3 pages them: a page begins behind an id, which is a number
 * and stays where it is while repositories come and go.
 */
import { and, eq, exists, gt, type SQL, sql } from "drizzle-orm";
import { isAdministrator } from "../../model/rights/access.ts";
import { isRunning } from "../rights/access.ts";
import { type BoundedList, boundedPage, splitEnd } from "../bounded.ts";
import type { Database } from "../database.ts";
import { imagesWhere, LISTED_COLUMNS } from "./image-selectors.ts";
import {
  filterSelectors,
  isListed,
  type ListedRepository,
  MAX_COUNTED,
  MAX_SIFTED,
  type RepositoryFilter,
  shownColumns,
} from "./image-lists.ts";
import { accounts, repositories, shares } from "../schema.ts";

export interface RepositoryListById extends RepositoryFilter {
  /** The id to go on behind; 0 for the first page. */
  after: number;
  limit: number;
}

export interface ListedRepositoryById extends Omit<ListedRepository, "tags"> {
  id: number;
  /** Tags that `tagCount` leaves out. */
  companionCount: number;
}

/**
 * One page.
 *
 * @returns also the id to go on behind, undefined on the last page. It may be that of a repository that the user has no right
 * to, of which it tells nothing but that there was one. Where filters find few among many, a page has fewer repositories than
 * were asked for, even none, and yet a next one.
 */
export async function listRepositoriesById(
  db: Database,
  list: RepositoryListById,
): Promise<{ repositories: ListedRepositoryById[]; next: number | undefined }> {
  const pages = await Promise.all(lanesOf(db, list).map(async (lane) => splitEnd(await laneQuery(db, list, lane))));
  // Behind the point that a lane was looked through to, it is not known what comes next.
  const end = Math.min(...pages.map((page) => page.end?.key ?? Number.POSITIVE_INFINITY));
  const found = pages
    .flatMap(({ rows }) => rows)
    .filter(({ key }) => key <= end)
    .toSorted((one, other) => one.key - other.key)
    .map(({ isEnd: _isEnd, key, ...row }) => ({ ...row, id: key, isShared: row.isShared === 1 }));
  const page = found.slice(0, list.limit);
  if (found.length > list.limit) return { repositories: page, next: page.at(-1)?.id };
  return { repositories: page, next: end === Number.POSITIVE_INFINITY ? undefined : end };
}

function laneQuery(db: Database, list: RepositoryListById, lane: BoundedList) {
  return db
    .select({
      ...shownColumns(db, list.limit),
      id: sql<number>`page.id`,
      key: sql<number>`page.key`,
      isEnd: sql<number>`page.is_end`,
      companionCount: repositories.companionCount,
    })
    .from(boundedPage(lane))
    .innerJoin(repositories, sql`${repositories.id} = page.key`)
    .innerJoin(accounts, eq(accounts.id, repositories.accountId))
    .orderBy(sql`page.key`);
}

/**
 * The parts of a list that an index has in the order of ids: an account's repositories are, as far as they are equally visible,
 * and so is what is shared with an account.
 */
function lanesOf(db: Database, list: RepositoryListById): BoundedList[] {
  if (list.scope === "shared-with") return [sharedLane(db, list)];
  const visibilities = list.isPublic === undefined ? [false, true] : [list.isPublic];
  return visibilities.map((isPublic) => ownLane(db, list, isPublic));
}

function ownLane(db: Database, list: RepositoryListById, isPublic: boolean): BoundedList {
  const ofAccount = sql`${repositories.accountId} = ${list.user.accountId} AND ${repositories.isPublic} = ${isPublic ? 1 : 0}`;
  return {
    ...laneOf(list, repositories.id, and(ofAccount, gt(repositories.id, list.after))),
    table: repositories,
    id: repositories.id,
    conditions: isListed(db, list),
    columns: LISTED_COLUMNS,
    // The lane itself has all that are equally visible, and where it has all that are listed, nothing is to be sifted.
    selectors: isWhole(list) ? [] : [...filterSelectors({ ...list, isPublic: undefined }), imagesWhere(ofAccount)],
  };
}

/** Whether a list has all repositories of the user's account, or all that are equally visible. */
function isWhole({ user, scope, organization, text, category, account, isShared }: RepositoryListById): boolean {
  const filters = [organization, text, category, account, isShared];
  return scope === "own" && isAdministrator(user) && filters.every((filter) => filter === undefined);
}

function sharedLane(db: Database, list: RepositoryListById): BoundedList {
  const isMeant = db
    .select({ one: sql`1` })
    .from(repositories)
    .where(and(eq(repositories.id, shares.repositoryId), isListed(db, list)));
  const ofAccount = eq(shares.accountId, list.user.accountId);
  return {
    ...laneOf(list, shares.repositoryId, and(ofAccount, gt(shares.repositoryId, list.after))),
    table: shares,
    // The index ends with it, so that nothing is sorted.
    id: sql`${shares}.rowid`,
    conditions: and(isRunning(Date.now()), exists(isMeant)),
    columns: [sql`${shares}.rowid`, shares.repositoryId, shares.endsAt],
    selectors: [],
  };
}

/** @param key the id of the repository. */
function laneOf({ limit }: RepositoryListById, key: typeof repositories.id | typeof shares.repositoryId, within?: SQL) {
  return {
    key,
    isDescending: false,
    within,
    // One more tells whether there is another page.
    limit: limit + 1,
    maxFew: MAX_COUNTED,
    maxWalked: limit + MAX_SIFTED,
  } as const;
}
