import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Actor, FactsByName, User } from "../../model/rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isStillThere, isUserThere } from "../deletion/gone.ts";
import { pushFacts } from "../rights/access.ts";
import { accessKeys, accounts, users } from "../schema.ts";
import { USER_COLUMNS, type UserRecord } from "../accounts/users.ts";

/** An access key as lists show it. */
export interface ListedAccessKey {
  access: string;
  createdAt: Date;
  /** To within a minute. */
  lastUsedAt: Date | null;
  /** From when on it is refused; null: never. */
  endsAt: Date | null;
}

export interface AccessKeyRecord {
  id: number;
  access: string;
  encryptedSecret: string;
  lastUsedAt: Date | null;
  endsAt: Date | null;
  user: UserRecord;
  /** What decides about the user's access to the repositories that were asked for. */
  facts: FactsByName;
}

/** An access key with its user, in one query. */
function findAccessKeyQuery(db: Database, access: string, asked: readonly RepositoryName[]) {
  return db
    .select({
      id: accessKeys.id,
      access: accessKeys.accessKey,
      encryptedSecret: accessKeys.encryptedSecret,
      lastUsedAt: accessKeys.lastUsedAt,
      endsAt: accessKeys.endsAt,
      user: USER_COLUMNS,
      facts: pushFacts(db, users, asked),
    })
    .from(accessKeys)
    .innerJoin(users, eq(users.id, accessKeys.userId))
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(and(eq(accessKeys.accessKey, access), isUserThere(users, accounts)));
}

/** @param asked repositories whose facts the record is to have. */
export async function findAccessKey(
  db: Database,
  access: string,
  asked: readonly RepositoryName[] = [],
): Promise<AccessKeyRecord | undefined> {
  const [row] = await findAccessKeyQuery(db, access, asked);
  return row;
}

/** Whether a user has this key. */
export async function hasAccessKey(db: Database, userId: number, access: string): Promise<boolean> {
  const rows = await db
    .select({ id: accessKeys.id })
    .from(accessKeys)
    .where(and(eq(accessKeys.accessKey, access), eq(accessKeys.userId, userId)));
  return rows.length > 0;
}

/** A user's keys, the newest first. */
export function listAccessKeys(db: Database, userId: number): Promise<ListedAccessKey[]> {
  return db
    .select({
      access: accessKeys.accessKey,
      createdAt: accessKeys.createdAt,
      lastUsedAt: accessKeys.lastUsedAt,
      endsAt: accessKeys.endsAt,
    })
    .from(accessKeys)
    .where(eq(accessKeys.userId, userId))
    .orderBy(desc(accessKeys.createdAt), desc(accessKeys.id));
}

/**
 * Stores a new key of a user's.
 *
 * @returns false when the user has as many as allowed, or was deleted.
 */
export async function insertAccessKey(
  db: Database,
  actor: Actor,
  user: User,
  key: { access: string; encryptedSecret: string; createdAt: Date; endsAt: Date | null },
  max: number,
): Promise<boolean> {
  const { access, encryptedSecret, createdAt, endsAt } = key;
  const detail = {
    ...(user.id !== actor.user.id && { user: user.name }),
    ...(endsAt && { ends: endsAt.toISOString() }),
  };
  const [inserted] = await db.batch([
    db
      .insert(accessKeys)
      .select(
        sql`SELECT NULL, ${user.id}, ${access}, ${encryptedSecret}, ${createdAt.getTime()}, NULL, ${endsAt?.getTime() ?? null}
            WHERE (SELECT count(*) FROM ${accessKeys} WHERE ${accessKeys.userId} = ${user.id}) < ${max} AND ${isStillThere(user)}`,
      )
      .returning({ id: accessKeys.id }),
    insertAuditIfChanged(db, actor, {
      action: "access-key.create",
      accountId: user.accountId,
      resource: access,
      ...(Object.keys(detail).length > 0 && { detail }),
    }),
  ]);
  return inserted.length > 0;
}

/** @returns false when the user has no such key. */
export async function deleteAccessKey(db: Database, actor: Actor, owner: User, access: string): Promise<boolean> {
  const [deleted] = await db.batch([
    db
      .delete(accessKeys)
      .where(and(eq(accessKeys.userId, owner.id), eq(accessKeys.accessKey, access)))
      .returning({ id: accessKeys.id }),
    insertAuditIfChanged(db, actor, {
      action: "access-key.delete",
      accountId: owner.accountId,
      resource: access,
      detail: { user: owner.name },
    }),
  ]);
  return deleted.length > 0;
}

/** Records that a key is used, unless that was done after a time. */
export async function recordKeyUse(db: Database, id: number, now: Date, unlessAfter: Date): Promise<void> {
  const isDue = or(isNull(accessKeys.lastUsedAt), lt(accessKeys.lastUsedAt, unlessAfter));
  await db
    .update(accessKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(accessKeys.id, id), isDue));
}
