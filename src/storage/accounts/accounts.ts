import { and, asc, eq, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import { insertAudit, insertAuditIfChanged } from "../audit/audit.ts";
import { BEHIND_NAME, boundedPage, type BoundedPage, nameSelectors, splitEnd } from "../bounded.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { insertCleanup } from "../deletion/cleanups.ts";
import { goneName, isNamed } from "../deletion/gone.ts";
import { accounts, organizations, users } from "../schema.ts";
import { contains, type NamePage } from "./users.ts";

export interface AccountRecord {
  id: number;
  name: string;
  createdAt: Date;
  /** How many users it has. */
  users: number;
  /** How many organizations; while it has any, it cannot be deleted. */
  organizations: number;
}

const ACCOUNT_COLUMNS = {
  id: accounts.id,
  name: accounts.name,
  createdAt: accounts.createdAt,
  users: accounts.userCount,
  organizations: accounts.organizationCount,
};

/** All accounts by name. */
export async function listAccounts(
  db: Database,
  page: NamePage,
): Promise<BoundedPage<AccountRecord & { key: string }>> {
  return splitEnd(await listAccountsQuery(db, page));
}

function listAccountsQuery(db: Database, { search, after, limit }: NamePage) {
  const page = boundedPage({
    table: accounts,
    id: accounts.id,
    key: accounts.name,
    isDescending: false,
    within: isNamed(accounts.name),
    conditions: contains(accounts.name, search),
    columns: [accounts.id, accounts.name],
    selectors: nameSelectors("accounts", search),
    after: after === undefined ? undefined : [after, BEHIND_NAME],
    limit,
  });
  return db
    .select({ ...ACCOUNT_COLUMNS, key: sql<string>`page.key`, isEnd: sql<number>`page.is_end` })
    .from(page)
    .innerJoin(accounts, sql`${accounts.id} = page.id`)
    .orderBy(asc(sql`page.key`));
}

export async function findAccount(db: Database, name: string): Promise<AccountRecord | undefined> {
  const [row] = await db.select(ACCOUNT_COLUMNS).from(accounts).where(eq(accounts.name, name));
  return row;
}

/** Creates an account with its first administrator: both or none. The name of either may be taken already. */
export async function insertAccount(
  db: Database,
  actor: Actor,
  account: { name: string; createdAt: Date; administrator: { name: string; passwordHash: string } },
): Promise<{ outcome: "created" | "account-exists" | "user-exists" }> {
  const { name, createdAt, administrator } = account;
  const accountId = sql`(SELECT ${accounts.id} FROM ${accounts} WHERE ${accounts.name} = ${name})`;
  const detail = { administrator: administrator.name };
  try {
    await db.batch([
      db.insert(accounts).values({ name, createdAt }),
      db
        .insert(users)
        .select(
          sql`SELECT NULL, ${accountId}, ${administrator.name}, 'administrator', ${administrator.passwordHash}, ${createdAt.getTime()}, 0, 'person'`,
        ),
      insertAudit(db, actor, { action: "account.create", resource: name, detail }),
    ]);
    return { outcome: "created" };
  } catch (error) {
    if (isConstraintFailure(error, "UNIQUE constraint failed: accounts.name")) return { outcome: "account-exists" };
    if (isConstraintFailure(error, "UNIQUE constraint failed: users.name")) return { outcome: "user-exists" };
    throw error;
  }
}

/**
 * Deletes an account with its users, for everybody at once. Their names are free as slices come to them
 * (`deletion/clean-targets.ts`).
 *
 * @returns false, and nothing has changed, when it has organizations, or no operator would be left.
 */
export async function deleteAccount(db: Database, actor: Actor, { id, name }: AccountRecord): Promise<boolean> {
  const isEmpty = sql`NOT EXISTS (
    SELECT 1 FROM ${organizations} WHERE ${organizations.accountId} = ${id} AND ${isNamed(organizations.name)})`;
  // Written out, though it follows from the condition before it: SQLite sees that a partial index fits by the text alone.
  const isOperator = sql`${users.role} = 'operator' AND ${users.role} <> 'member'`;
  const leavesOperator = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isOperator} AND ${users.accountId} <> ${id})`;
  const isGone = sql`EXISTS (SELECT 1 FROM ${accounts} WHERE ${accounts.id} = ${id} AND NOT ${isNamed(accounts.name)})`;
  const [gone] = await db.batch([
    db
      .update(accounts)
      .set({ name: goneName(accounts.id) })
      .where(and(eq(accounts.id, id), isNamed(accounts.name), isEmpty, leavesOperator))
      .returning({ id: accounts.id }),
    insertAuditIfChanged(db, actor, { action: "account.delete", resource: name }),
    insertCleanup(db, "account", sql`${id}`),
    // They no longer count as the operators that the deployment has to keep. They are few, since only operators make
    // operators.
    db
      .update(users)
      .set({ role: "member" })
      .where(and(eq(users.accountId, id), isOperator, isGone)),
  ]);
  return gone.length > 0;
}
