/** Shares of private images with other accounts: guide 4.6. */
import { and, asc, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor, User } from "../../model/rights/access.ts";
import type { AuditAction } from "../../model/audit/audit.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { type Deadline, MAX_SHARES, MAX_SHARES_WITH_ACCOUNT } from "../../model/rights/shares.ts";
import { isOwn, isSharedWith } from "./access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isNamed, isNamedUser } from "../deletion/gone.ts";
import { accounts, repositories, shares, users } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

export interface ShareTerms {
  deadline: Deadline;
  note: string;
}

interface SharedRepository {
  id: number;
  name: RepositoryName;
}

/** Part of statements: null when the account, or the repository as a private one, is not there. */
function accountIdOf(account: string) {
  return sql<number>`(SELECT ${accounts.id} FROM ${accounts} WHERE ${accounts.name} = ${account})`;
}
function privateIdOf({ id }: SharedRepository) {
  return sql<number>`(SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.id} = ${id} AND ${repositories.isPublic} = 0)`;
}

/**
 * Shares a private repository with an account.
 *
 * @returns whether it did; not when there is such a share, there are as many as there may be, the repository is public
 * or there is no such account.
 */
export async function insertShare(
  db: Database,
  actor: Actor,
  repository: SharedRepository,
  account: string,
  { deadline, note }: ShareTerms,
): Promise<boolean> {
  const now = Date.now();
  const [created] = await db.batch([
    db
      .insert(shares)
      .select(
        sql`SELECT ${privateIdOf(repository)}, ${accountIdOf(account)}, ${deadline.text},
                   ${deadline.endsAt?.getTime() ?? null}, ${note}, ${actor.user.id}, ${now}, ${now}
            WHERE ${privateIdOf(repository)} IS NOT NULL AND ${accountIdOf(account)} IS NOT NULL
              AND (SELECT count(*) FROM ${shares} WHERE ${shares.repositoryId} = ${repository.id}) < ${MAX_SHARES}
              AND (SELECT count(*) FROM ${sharesWithAccount(db, repository, account)}) < ${MAX_SHARES_WITH_ACCOUNT}`,
      )
      .onConflictDoNothing({ target: [shares.repositoryId, shares.accountId] })
      .returning({ accountId: shares.accountId }),
    insertAuditIfChanged(db, actor, entryOf("share.create", repository, { account, deadline: deadline.text })),
  ]);
  return created.length > 0;
}

/**
 * Changes a share of a private repository. A note that is undefined stays as it is.
 *
 * @param versions of which the share must have one, or else the batch fails: `isVersionFailure`.
 * @returns whether there was one.
 */
export async function updateShare(
  db: Database,
  actor: Actor,
  repository: SharedRepository,
  account: string,
  {
    deadline,
    note,
    versions,
  }: Partial<ShareTerms> & Pick<ShareTerms, "deadline"> & { versions?: Versions | undefined },
): Promise<boolean> {
  const isMeant = and(eq(shares.repositoryId, privateIdOf(repository)), eq(shares.accountId, accountIdOf(account)));
  const entry = entryOf("share.update", repository, { account });
  const [, , updated] = await db.batch([
    requireVersion(db, shares, isMeant, versions),
    insertAuditOfChange(db, actor, entry, sql`${shares} WHERE ${isMeant}`, {
      deadline: { from: shares.deadline, to: deadline.text },
      note: note === undefined ? undefined : { from: shares.note, to: note },
    }),
    db
      .update(shares)
      .set({
        deadline: deadline.text,
        endsAt: deadline.endsAt,
        ...(note !== undefined && { note }),
        updatedAt: nextVersion(shares),
      })
      .where(isMeant)
      .returning({ accountId: shares.accountId }),
  ]);
  return updated.length > 0;
}

/** @returns whether there was one. */
export async function deleteShare(
  db: Database,
  actor: Actor,
  repository: SharedRepository,
  account: string,
): Promise<boolean> {
  const [deleted] = await db.batch([
    db
      .delete(shares)
      .where(and(eq(shares.repositoryId, repository.id), eq(shares.accountId, accountIdOf(account))))
      .returning({ accountId: shares.accountId }),
    insertAuditIfChanged(db, actor, entryOf("share.delete", repository, { account })),
  ]);
  return deleted.length > 0;
}

function entryOf(action: AuditAction, { name }: SharedRepository, detail: Record<string, unknown>) {
  return { action, organization: organizationOf(name), resource: name, detail };
}

/** What an account gets from the account of a repository, ended shares among it; no more than there may be. */
export function sharesWithAccount(db: Database, repository: SharedRepository, account: string) {
  const others = alias(repositories, "others");
  const own = sql`(SELECT own.account_id FROM ${repositories} AS own WHERE own.id = ${repository.id})`;
  return db
    .select({ id: others.id })
    .from(shares)
    .crossJoin(others)
    .where(
      and(eq(shares.accountId, accountIdOf(account)), eq(others.id, shares.repositoryId), eq(others.accountId, own)),
    )
    .limit(MAX_SHARES_WITH_ACCOUNT);
}

/** How many shares a repository has, ended ones among them. */
export async function countShares(db: Database, repositoryId: number): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)` })
    .from(shares)
    .where(eq(shares.repositoryId, repositoryId));
  return row?.count ?? 0;
}

export interface Share {
  /** With whom. */
  account: string;
  deadline: string;
  endsAt: Date | null;
  note: string;
  /** Null when the user is gone. */
  creator: { id: number; name: string } | null;
  createdAt: Date;
  updatedAt: Date;
}

/** All shares of a repository, by account. */
export function listShares(db: Database, repositoryId: number): Promise<Share[]> {
  return selectShares(db, eq(shares.repositoryId, repositoryId));
}

export async function findShare(db: Database, repositoryId: number, account: string): Promise<Share | undefined> {
  const [share] = await selectShares(db, and(eq(shares.repositoryId, repositoryId), eq(accounts.name, account)));
  return share;
}

function selectShares(db: Database, condition: SQL | undefined) {
  return db
    .select({
      account: accounts.name,
      deadline: shares.deadline,
      endsAt: shares.endsAt,
      note: shares.note,
      creator: { id: users.id, name: users.name },
      createdAt: shares.createdAt,
      updatedAt: shares.updatedAt,
    })
    .from(shares)
    .innerJoin(accounts, and(eq(accounts.id, shares.accountId), isNamed(accounts.name)))
    .leftJoin(users, isNamedUser(shares.createdBy))
    .where(condition)
    .orderBy(asc(accounts.name));
}

/** A share in a list across repositories. */
export interface ListedShare {
  repository: RepositoryName;
  isPublic: boolean;
  /** With whom, of what the user's account sent; from whom, of what it received. */
  account: string;
  accountId: number;
  repositoryId: number;
  deadline: string;
  endsAt: Date | null;
  note: string;
  createdAt: Date;
}

const LISTED = {
  repository: repositories.name,
  isPublic: repositories.isPublic,
  account: accounts.name,
  accountId: shares.accountId,
  repositoryId: shares.repositoryId,
  deadline: shares.deadline,
  endsAt: shares.endsAt,
  note: shares.note,
  createdAt: shares.createdAt,
};

/** Which shares of a list across repositories. */
export interface SharePage<K> {
  /** What to go on behind; undefined for the first page. */
  after: K | undefined;
  limit: number;
  /** A part of the repository's name. */
  text?: string | undefined;
}
export type SentPage = SharePage<readonly [repository: string, accountId: number]>;
export type ReceivedPage = SharePage<readonly [repositoryId: number]>;

/** Images, or shares, that one page looks through. */
const MAX_SEEN_SHARES = 1000;

/**
 * Shares of the repositories that a user has a right to, by repository and account, after one of them.
 *
 * @returns fewer than `limit`, even none, where too many others lie between; `end` is then where to go on.
 */
export async function listSentShares(
  db: Database,
  user: User,
  page: SentPage,
): Promise<{ rows: ListedShare[]; end: SentPage["after"] }> {
  const rows = await listSentSharesQuery(db, user, page);
  if (rows.length >= page.limit) return { rows, end: undefined };
  const [last] = await sentSharesEndQuery(db, user, page);
  return { rows, end: last && [last.name, Number.MAX_SAFE_INTEGER] };
}

/** Goes through the images that are shared, of which there is an index by name; CROSS JOINs keep its order. */
function listSentSharesQuery(db: Database, user: User, page: SentPage) {
  const { after = ["", 0], limit, text } = page;
  const seen = sql`(
    SELECT ${repositories.id} AS id FROM ${repositories} WHERE ${sharedFrom(user, page)}
    ORDER BY ${repositories.name} LIMIT ${MAX_SEEN_SHARES}) AS seen`;
  return db
    .select(LISTED)
    .from(seen)
    .crossJoin(repositories)
    .crossJoin(shares)
    .crossJoin(accounts)
    .where(
      and(
        sql`${repositories.id} = seen.id`,
        eq(shares.repositoryId, repositories.id),
        eq(accounts.id, shares.accountId),
        isNamed(accounts.name),
        isOwn(db, user),
        hasText(text),
        sql`(${repositories.name}, ${shares.accountId}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .limit(limit);
}

function sentSharesEndQuery(db: Database, user: User, page: SentPage) {
  return db
    .select({ name: repositories.name })
    .from(repositories)
    .where(sharedFrom(user, page))
    .orderBy(asc(repositories.name))
    .limit(1)
    .offset(MAX_SEEN_SHARES - 1);
}

/** Written out, because SQLite sees that a partial index fits by the text alone. */
function sharedFrom({ accountId }: User, { after }: SentPage): SQL {
  return sql`${repositories.accountId} = ${accountId} AND ${repositories.shareCount} > 0
    AND ${repositories.name} >= ${after?.[0] ?? ""}`;
}

/** Shares with a user's account that hold, of the newest repository first, after one of them; `end` as above. */
export async function listReceivedShares(
  db: Database,
  user: User,
  page: ReceivedPage,
): Promise<{ rows: ListedShare[]; end: ReceivedPage["after"] }> {
  const rows = await listReceivedSharesQuery(db, user, page);
  if (rows.length >= page.limit) return { rows, end: undefined };
  const [last] = await receivedSharesEndQuery(db, user, page);
  return { rows, end: last && [last.repositoryId] };
}

function listReceivedSharesQuery(db: Database, user: User, page: ReceivedPage) {
  const seen = sql`(
    SELECT ${shares.repositoryId} AS id FROM ${shares} WHERE ${receivedBy(user, page)}
    ORDER BY ${shares.repositoryId} DESC LIMIT ${MAX_SEEN_SHARES}) AS seen`;
  return db
    .select(LISTED)
    .from(seen)
    .crossJoin(repositories)
    .crossJoin(shares)
    .crossJoin(accounts)
    .where(
      and(
        sql`${repositories.id} = seen.id`,
        eq(shares.repositoryId, repositories.id),
        eq(shares.accountId, user.accountId),
        eq(accounts.id, repositories.accountId),
        isSharedWith(db, user),
        hasText(page.text),
      ),
    )
    .limit(page.limit);
}

function receivedSharesEndQuery(db: Database, user: User, page: ReceivedPage) {
  return db
    .select({ repositoryId: shares.repositoryId })
    .from(shares)
    .where(receivedBy(user, page))
    .orderBy(desc(shares.repositoryId))
    .limit(1)
    .offset(MAX_SEEN_SHARES - 1);
}

function receivedBy({ accountId }: User, { after }: ReceivedPage): SQL | undefined {
  return and(eq(shares.accountId, accountId), after === undefined ? undefined : lt(shares.repositoryId, after[0]));
}

function hasText(text: string | undefined): SQL | undefined {
  return text === undefined ? undefined : sql`instr(${repositories.name}, ${text}) > 0`;
}
