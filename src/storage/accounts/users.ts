import { and, asc, eq, ne, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor, Role, User, UserKind } from "../../model/rights/access.ts";
import { insertAudit, insertAuditIfChanged, type Recorded } from "../audit/audit.ts";
import { boundedPage, BEHIND_NAME, type BoundedPage, nameSelectors, splitEnd } from "../bounded.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { insertCleanup } from "../deletion/cleanups.ts";
import { GONE_USER, isAccountGone, isNamed, isNamedUser, isUserThere } from "../deletion/gone.ts";
import { accounts, type organizations, sessions, users } from "../schema.ts";
import { requireContent } from "../versions.ts";

export interface UserRecord extends User {
  kind: UserKind;
  /** Empty for all but a person. */
  passwordHash: string;
  /** How often the password was changed, which a trigger counts. */
  passwordChanges: number;
}

/** A user as lists show them. */
export interface ListedUser {
  id: number;
  name: string;
  role: Role;
  kind: UserKind;
  createdAt: Date;
}

/** The columns of {@link UserRecord}, for queries that join `accounts`. */
export const USER_COLUMNS = {
  id: users.id,
  name: users.name,
  accountId: users.accountId,
  accountName: accounts.name,
  role: users.role,
  kind: users.kind,
  passwordHash: users.passwordHash,
  passwordChanges: users.passwordChanges,
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
    .where(and(condition, isUserThere(users, accounts)));
  return row;
}

/** The ids of those users of an account who have one of these names, by their names. */
export async function findUserIds(
  db: Database,
  accountId: number,
  names: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(
      and(
        sql`${users.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
        eq(users.accountId, accountId),
        isNamed(users.name),
      ),
    );
  return new Map(rows.map(({ id, name }) => [name, id]));
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

function listUsersQuery(db: Database, accountId: number, { search, after, limit }: NamePage) {
  const page = boundedPage({
    table: users,
    id: users.id,
    key: users.name,
    isDescending: false,
    within: and(eq(users.accountId, accountId), isNamed(users.name)),
    // People who manage users do not see rules among them.
    conditions: and(ne(users.kind, "rule"), contains(users.name, search)),
    columns: [users.id, users.name, users.kind],
    selectors: nameSelectors("users", search),
    after: after === undefined ? undefined : [after, BEHIND_NAME],
    limit,
  });
  return db
    .select({
      id: users.id,
      name: users.name,
      role: users.role,
      kind: users.kind,
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

export interface NewUser {
  accountId: number;
  name: string;
  role: Role;
  kind?: UserKind;
  /** Empty for all but a person. */
  passwordHash: string;
  createdAt: Date;
}

/**
 * The statements that create a user.
 *
 * @param detail for the audit.
 */
export function insertUserStatements(
  db: Database,
  actor: Recorded,
  user: NewUser,
  detail: Record<string, unknown> = {},
) {
  const { accountId, name: resource, role, kind } = user;
  const insertion = db.insert(users).values(user).returning({ id: users.id });
  const event = insertAudit(db, actor, {
    action: "user.create",
    accountId,
    resource,
    detail: { role, kind, ...detail },
  });
  return [insertion, event] as const;
}

/** What came of creating a user. */
export type UserCreation =
  | { outcome: "created"; id: number }
  /** In this account or another. */
  | { outcome: "name-taken" }
  /** It has as many users as it may have, which a trigger of migration 0004 counts. */
  | { outcome: "account-full" }
  | { outcome: "account-gone" };

export async function insertUser(db: Database, actor: Actor, user: NewUser): Promise<UserCreation> {
  try {
    const [[inserted]] = await db.batch(insertUserStatements(db, actor, user));
    if (!inserted) throw new Error("no row came back for a user");
    return { outcome: "created", id: inserted.id };
  } catch (error) {
    if (isConstraintFailure(error, "UNIQUE constraint failed: users.name")) return { outcome: "name-taken" };
    if (isConstraintFailure(error, "too many users")) return { outcome: "account-full" };
    if (isAccountGone(error)) return { outcome: "account-gone" };
    throw error;
  }
}

export interface UserChange {
  role?: Role | undefined;
  passwordHash?: string | undefined;
  /** Hash of the token of the session that goes on. */
  keptSession?: string | undefined;
}

/**
 * The statements that change a user's role, password or both, and with the password end the user's sessions. Everything
 * that sets a password goes this way.
 *
 * @param detail for the audit.
 */
export function updateUserStatements(
  db: Database,
  actor: Recorded,
  user: Pick<User, "id" | "accountId" | "name" | "role">,
  { role, passwordHash, keptSession }: UserChange,
  detail?: Record<string, unknown>,
) {
  const { accountId, name: resource } = user;
  const event = { accountId, resource, ...(detail && { detail }) };
  const ended = and(
    eq(sessions.userId, user.id),
    keptSession === undefined ? undefined : ne(sessions.tokenHash, keptSession),
    sql`changes() > 0`,
  );
  const update = db
    .update(users)
    .set({ ...(role !== undefined && { role }), ...(passwordHash !== undefined && { passwordHash }) })
    .where(and(eq(users.id, user.id), role === undefined ? undefined : leavesSomebody(role)))
    .returning({ id: users.id });
  const isOfRole = {
    ...event,
    action: "user.update",
    detail: { role: { from: user.role, to: role }, ...detail },
  } as const;
  return [
    update,
    ...(role === undefined ? [] : [insertAuditIfChanged(db, actor, isOfRole)]),
    ...(passwordHash === undefined
      ? []
      : [insertAuditIfChanged(db, actor, { ...event, action: "user.password" }), db.delete(sessions).where(ended)]),
    ...(keptSession === undefined ? [] : [keepSession(db, user.id, keptSession)]),
  ] as const;
}

/** Lets one session outlive the change of its user's password. */
function keepSession(db: Database, userId: number, tokenHash: string) {
  const passwordChanges = sql`(SELECT ${users.passwordChanges} FROM ${users} WHERE ${users.id} = ${userId})`;
  return db
    .update(sessions)
    .set({ passwordChanges })
    .where(and(eq(sessions.tokenHash, tokenHash), eq(sessions.userId, userId)));
}

/**
 * Changes a user, as {@link updateUserStatements}.
 *
 * @param versions roles of which the user must have one, or else the batch fails: `isVersionFailure`.
 * @returns false, and nothing has changed, when the account would be left without an administrator or the deployment
 * without an operator; also when the user is gone.
 */
export async function updateUser(
  db: Database,
  actor: Actor,
  user: User,
  change: UserChange,
  versions?: Versions,
): Promise<boolean> {
  const [, updated] = await db.batch([
    requireContent(db, "user", { row: eq(users.id, user.id), content: users.role }, versions),
    ...updateUserStatements(db, actor, user, change),
  ]);
  return updated.length > 0;
}

/**
 * Deletes a user, for everybody at once; what was the user's alone, keys, sessions and permissions, goes in slices
 * (`deletion/clean-targets.ts`).
 *
 * @returns false as {@link updateUser}.
 */
export async function deleteUser(db: Database, actor: Actor, user: User): Promise<boolean> {
  const { accountId, name: resource } = user;
  const [gone] = await db.batch([
    db
      .update(users)
      .set(GONE_USER)
      .where(and(isNamedUser(sql`${user.id}`), leavesSomebody("member")))
      .returning({ id: users.id }),
    insertAuditIfChanged(db, actor, { action: "user.delete", accountId, resource }),
    insertCleanup(db, "user", sql`${user.id}`),
  ]);
  return gone.length > 0;
}

/** Whether an administrator of the account and an operator of the deployment are left when a row of `users` gets a role. */
function leavesSomebody(role: Role): SQL | undefined {
  if (role === "operator") return undefined;
  // Written out, though it follows from the condition before it: SQLite sees that a partial index fits by the text alone.
  const leavesOperator = sql`(${users.role} <> 'operator' OR EXISTS (
    SELECT 1 FROM ${users} AS other
    WHERE other.role = 'operator' AND other.role <> 'member' AND other.id <> ${users.id}))`;
  if (role === "administrator") return leavesOperator;
  const leavesAdministrator = sql`(${users.role} = 'member' OR EXISTS (
    SELECT 1 FROM ${users} AS other
    WHERE other.account_id = ${users.accountId} AND other.role <> 'member' AND other.id <> ${users.id}))`;
  return and(leavesOperator, leavesAdministrator);
}
