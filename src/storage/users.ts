import { and, asc, eq, ne, type SQL, sql } from "drizzle-orm";
import type { Actor, Role, User } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { insertAudit, insertAuditIfChanged } from "./audit.ts";
import { boundedPage, BEHIND_NAME, type BoundedPage, nameSelectors, splitEnd } from "./bounded.ts";
import { type Database, isConstraintFailure } from "./database.ts";
import { accounts, type organizations, sessions, users } from "./schema.ts";

export interface UserRecord extends User {
  passwordHash: string;
}

/** A user as lists show them. */
export interface ListedUser {
  id: number;
  name: string;
  role: Role;
  createdAt: Date;
}

/** The columns of {@link UserRecord}, for queries that join `accounts`. */
export const USER_COLUMNS = {
  id: users.id,
  name: users.name,
  accountId: users.accountId,
  accountName: accounts.name,
  role: users.role,
  passwordHash: users.passwordHash,
};

export function findUserByName(db: Database, name: string): Promise<UserRecord | undefined> {
  return findUser(db, eq(users.name, name));
}

export function findUserById(db: Database, id: number): Promise<UserRecord | undefined> {
  return findUser(db, eq(users.id, id));
}

async function findUser(db: Database, condition: SQL): Promise<UserRecord | undefined> {
  const [row] = await db
    .select(USER_COLUMNS)
    .from(users)
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(condition);
  return row;
}

/** Which users of an account, or which accounts, a page holds. */
export interface NamePage {
  /** Part of the name, in upper or lower case. */
  search: string | undefined;
  /** The last name of the page before. */
  after: string | undefined;
  limit: number;
}

/** The users of an account by name. */
export async function listUsers(
  db: Database,
  accountId: number,
  page: NamePage,
): Promise<BoundedPage<ListedUser & { key: string }>> {
  return splitEnd(await listUsersQuery(db, accountId, page));
}

export function listUsersQuery(db: Database, accountId: number, { search, after, limit }: NamePage) {
  const page = boundedPage({
    table: users,
    id: users.id,
    key: users.name,
    isDescending: false,
    within: eq(users.accountId, accountId),
    conditions: contains(users.name, search),
    columns: [users.id, users.name],
    selectors: nameSelectors("users", search),
    after: after === undefined ? undefined : [after, BEHIND_NAME],
    limit,
  });
  return db
    .select({
      id: users.id,
      name: users.name,
      role: users.role,
      createdAt: users.createdAt,
      key: sql<string>`page.key`,
      isEnd: sql<number>`page.is_end`,
    })
    .from(page)
    .innerJoin(users, sql`${users.id} = page.id`)
    .orderBy(asc(sql`page.key`));
}

/** Whether a name has a text in it, in upper or lower case; names are ASCII. */
export function contains(
  name: typeof users.name | typeof accounts.name | typeof organizations.name,
  text: string | undefined,
): SQL | undefined {
  return text === undefined ? undefined : sql`instr(lower(${name}), ${text.toLowerCase()}) > 0`;
}

/**
 * Creates a user.
 *
 * @returns the id; undefined when the name is taken, in whichever account.
 * @throws RegistryError USER_LIMIT when the account has as many as it may have (a trigger, migration 0004).
 */
export async function insertUser(
  db: Database,
  actor: Actor,
  user: { accountId: number; name: string; role: Role; passwordHash: string; createdAt: Date },
): Promise<number | undefined> {
  const { accountId, name, role } = user;
  try {
    const [[inserted]] = await db.batch([
      db.insert(users).values(user).returning({ id: users.id }),
      insertAudit(db, actor, { action: "user.create", accountId, resource: name, detail: { role } }),
    ]);
    return inserted?.id;
  } catch (error) {
    if (isConstraintFailure(error, "UNIQUE constraint failed: users.name")) return undefined;
    if (!isConstraintFailure(error, "too many users")) throw error;
    const message = "the account has 10,000 users, which is the most: delete one first";
    throw new RegistryError("USER_LIMIT", message, { cause: error });
  }
}

/**
 * Changes a user's role, password or both, and with the password ends the user's sessions.
 *
 * @param change.keptSession hash of the token of the session that goes on.
 * @returns false, and nothing has changed, when the account would be left without an administrator or the deployment
 * without an operator; also when the user is gone.
 */
export async function updateUser(
  db: Database,
  actor: Actor,
  user: User,
  change: { role?: Role | undefined; passwordHash?: string | undefined; keptSession?: string | undefined },
): Promise<boolean> {
  const { role, passwordHash, keptSession } = change;
  const { accountId, name: resource } = user;
  const ended = and(
    eq(sessions.userId, user.id),
    keptSession === undefined ? undefined : ne(sessions.tokenHash, keptSession),
    sql`changes() > 0`,
  );
  const [updated] = await db.batch([
    db
      .update(users)
      .set({ ...(role !== undefined && { role }), ...(passwordHash !== undefined && { passwordHash }) })
      .where(and(eq(users.id, user.id), role === undefined ? undefined : leavesSomebody(role)))
      .returning({ id: users.id }),
    ...(role === undefined
      ? []
      : [insertAuditIfChanged(db, actor, { action: "user.update", accountId, resource, detail: { role } })]),
    ...(passwordHash === undefined
      ? []
      : [
          insertAuditIfChanged(db, actor, { action: "user.password", accountId, resource }),
          db.delete(sessions).where(ended),
        ]),
  ]);
  return updated.length > 0;
}

/**
 * Deletes a user with all that is the user's alone: keys, sessions and permissions.
 *
 * @returns false as {@link updateUser}.
 */
export async function deleteUser(db: Database, actor: Actor, user: User): Promise<boolean> {
  const { accountId, name: resource } = user;
  const [deleted] = await db.batch([
    db
      .delete(users)
      .where(and(eq(users.id, user.id), leavesSomebody("member")))
      .returning({ id: users.id }),
    insertAuditIfChanged(db, actor, { action: "user.delete", accountId, resource }),
  ]);
  return deleted.length > 0;
}

/** Whether, if this row of `users` had another role, there were still an administrator and an operator besides. */
function leavesSomebody(role: Role): SQL | undefined {
  if (role === "operator") return undefined;
  const leavesOperator = sql`(${users.role} <> 'operator' OR EXISTS (
    SELECT 1 FROM ${users} AS other WHERE other.role = 'operator' AND other.id <> ${users.id}))`;
  if (role === "administrator") return leavesOperator;
  const leavesAdministrator = sql`(${users.role} = 'member' OR EXISTS (
    SELECT 1 FROM ${users} AS other
    WHERE other.account_id = ${users.accountId} AND other.role <> 'member' AND other.id <> ${users.id}))`;
  return and(leavesOperator, leavesAdministrator);
}
