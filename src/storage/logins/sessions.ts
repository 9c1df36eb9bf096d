import { and, desc, eq, gt, gte, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Actor, FactsByName, User } from "../../model/rights/access.ts";
import { type SessionKind, sessionIdOf } from "../../model/logins/sessions.ts";
import { insertAudit, insertAuditForEach, insertAuditIfChanged } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isUserThere } from "../deletion/gone.ts";
import { pushFacts } from "../rights/access.ts";
import { accounts, sessions, users } from "../schema.ts";
import { USER_COLUMNS, type UserRecord } from "../accounts/users.ts";

/** A login that was just made. */
export interface CreatedSession {
  tokenHash: string;
  kind: SessionKind;
  passwordChanges: number | undefined;
  client: string | undefined;
  createdAt: Date;
  expiresAt: Date;
}

/**
 * Stores a login of the actor's, and ends those of its kind that were used least recently beyond a number of them.
 *
 * @param max logins of one kind that a user may have.
 */
export async function insertSession(db: Database, actor: Actor, session: CreatedSession, max: number): Promise<void> {
  const { user, address } = actor;
  const { tokenHash, kind, client } = session;
  const surplus = db
    .select({ tokenHash: sessions.tokenHash })
    .from(sessions)
    .where(and(eq(sessions.userId, user.id), eq(sessions.kind, kind)))
    .orderBy(desc(usedAt), desc(sql`rowid`))
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(max);
  const isSurplus = sql`${sessions.tokenHash} IN ${surplus}`;
  await db.batch([
    db.insert(sessions).values({ ...session, userId: user.id, client, address, lastAddress: address }),
    insertAudit(db, actor, {
      action: "session.login",
      resource: user.name,
      detail: { kind, login: sessionIdOf(tokenHash), client },
    }),
    recordEnd(db, actor, user, isSurplus, `a user has at most ${max} logins of a kind`),
    db.delete(sessions).where(isSurplus),
  ]);
}

/** When a login was last used, or made. */
const usedAt = sql`ifnull(${sessions.lastUsedAt}, ${sessions.createdAt})`;

/** A login that has not ended by its time, with its user. */
export interface SessionRecord {
  passwordChanges: number | null;
  expiresAt: Date;
  lastUsedAt: Date | null;
  user: UserRecord;
  /** What decides about the user's access to the repositories that were asked for. */
  facts: FactsByName;
}

/** @param asked repositories whose facts the record is to have. */
export async function findSession(
  db: Database,
  { kind, tokenHash }: { kind: SessionKind; tokenHash: string },
  now: Date,
  asked: readonly RepositoryName[] = [],
): Promise<SessionRecord | undefined> {
  const [row] = await findSessionQuery(db, { kind, tokenHash }, now, asked);
  return row;
}

function findSessionQuery(
  db: Database,
  { kind, tokenHash }: { kind: SessionKind; tokenHash: string },
  now: Date,
  asked: readonly RepositoryName[],
) {
  return db
    .select({
      passwordChanges: sessions.passwordChanges,
      expiresAt: sessions.expiresAt,
      lastUsedAt: sessions.lastUsedAt,
      user: USER_COLUMNS,
      facts: pushFacts(db, users, asked),
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(
      and(
        eq(sessions.tokenHash, tokenHash),
        eq(sessions.kind, kind),
        gt(sessions.expiresAt, now),
        isUserThere(users, accounts),
      ),
    );
}

/** Whether a user has a login of this id that has not ended. */
export async function hasSession(db: Database, userId: number, id: string, now: Date): Promise<boolean> {
  const rows = await hasSessionQuery(db, userId, id, now);
  return rows.length > 0;
}

function hasSessionQuery(db: Database, userId: number, id: string, now: Date) {
  return db
    .select({ kind: sessions.kind })
    .from(sessions)
    .where(and(hasId(id), eq(sql`+${sessions.userId}`, userId), gt(sessions.expiresAt, now)))
    .limit(1);
}

/** Records that a login is used, unless that was done after a time. */
export async function recordSessionUse(
  db: Database,
  tokenHash: string,
  use: { lastUsedAt: Date; lastAddress: string | undefined; expiresAt?: Date },
  unlessAfter: Date,
): Promise<void> {
  const isDue = or(isNull(sessions.lastUsedAt), lt(sessions.lastUsedAt, unlessAfter));
  await db
    .update(sessions)
    .set({ ...use, lastAddress: use.lastAddress ?? null })
    .where(and(eq(sessions.tokenHash, tokenHash), isDue));
}

/** A login as lists show it. */
export interface ListedSession {
  id: string;
  kind: SessionKind;
  client: string | null;
  /** Where it was made, and where it was last used. */
  address: string | null;
  lastAddress: string | null;
  createdAt: Date;
  /** To within some minutes; null when it was only made. */
  lastUsedAt: Date | null;
  expiresAt: Date;
}

/** A user's logins that have not ended, those used last first. */
export async function listSessions(db: Database, userId: number, now: Date): Promise<ListedSession[]> {
  const rows = await listSessionsQuery(db, userId, now);
  return rows.map(({ tokenHash, ...session }) => ({ id: sessionIdOf(tokenHash), ...session }));
}

function listSessionsQuery(db: Database, userId: number, now: Date) {
  return db
    .select({
      tokenHash: sessions.tokenHash,
      kind: sessions.kind,
      client: sessions.client,
      address: sessions.address,
      lastAddress: sessions.lastAddress,
      createdAt: sessions.createdAt,
      lastUsedAt: sessions.lastUsedAt,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, now)))
    .orderBy(desc(usedAt), desc(sql`rowid`));
}

/** Ends the login that a token stands for, which its user does with it. */
export async function deleteSession(db: Database, actor: Actor, tokenHash: string): Promise<void> {
  await db.batch([
    db.delete(sessions).where(and(eq(sessions.tokenHash, tokenHash), eq(sessions.userId, actor.user.id))),
    insertAuditIfChanged(db, actor, {
      action: "session.logout",
      resource: actor.user.name,
      detail: { login: sessionIdOf(tokenHash) },
    }),
  ]);
}

/**
 * Ends logins of a user.
 *
 * @param which one by its id, or all but one.
 * @returns how many.
 */
export async function endSessions(
  db: Database,
  actor: Actor,
  owner: User,
  which: { id: string } | { except: string | undefined },
  now: Date,
): Promise<number> {
  const isMeant = and(
    eq(sessions.userId, owner.id),
    gt(sessions.expiresAt, now),
    "id" in which ? hasId(which.id) : which.except === undefined ? undefined : sql`NOT ${hasId(which.except)}`,
  );
  const [, ended] = await db.batch([
    recordEnd(db, actor, owner, isMeant ?? sql`false`),
    db.delete(sessions).where(isMeant).returning({ kind: sessions.kind }),
  ]);
  return ended.length;
}

/** An id is the beginning of the key of the table; `g` comes after all hexadecimal digits. */
function hasId(id: string): SQL {
  return sql`(${gte(sessions.tokenHash, id)} AND ${lt(sessions.tokenHash, `${id}g`)})`;
}

function recordEnd(db: Database, actor: Actor, owner: User, condition: SQL, why?: string) {
  return insertAuditForEach(
    db,
    actor,
    { action: "session.end", accountId: owner.accountId, resource: owner.name },
    {
      from: sql`${sessions} WHERE ${condition}`,
      detail: sql`json_patch(json_object('kind', ${sessions.kind}, 'login', ${sessionIdIn}, 'client', ${sessions.client}),
                             ${JSON.stringify(why === undefined ? {} : { why })})`,
    },
  );
}

const sessionIdIn = sql`substr(${sessions.tokenHash}, 1, ${sessionIdOf("0".repeat(64)).length})`;

/** Deletes sessions that have ended, at most `limit` at once: D1 ends what takes too long. */
export async function deleteEndedSessions(db: Database, now: Date, limit: number): Promise<number> {
  const ended = db
    .select({ tokenHash: sessions.tokenHash })
    .from(sessions)
    .where(lte(sessions.expiresAt, now))
    .orderBy(sessions.expiresAt)
    .limit(limit);
  const deleted = await db.delete(sessions).where(sql`${sessions.tokenHash} IN ${ended}`);
  return deleted.meta.changes;
}
