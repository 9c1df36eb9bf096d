import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import { insertAudit, insertAuditIfChanged } from "./audit.ts";
import type { Database } from "./database.ts";
import { accounts, sessions, users } from "./schema.ts";
import { USER_COLUMNS } from "./users.ts";

export async function insertSession(
  db: Database,
  actor: Actor,
  session: { tokenHash: string; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await db.batch([
    db.insert(sessions).values({ ...session, userId: actor.user.id }),
    insertAudit(db, actor, { action: "session.login", resource: actor.user.name }),
  ]);
}

/** A session that has not ended, with its user. */
export function findSessionQuery(db: Database, tokenHash: string, now: Date) {
  return db
    .select({ expiresAt: sessions.expiresAt, user: USER_COLUMNS })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, now)));
}

export async function deleteSession(db: Database, actor: Actor, tokenHash: string): Promise<void> {
  await db.batch([
    db.delete(sessions).where(and(eq(sessions.tokenHash, tokenHash), eq(sessions.userId, actor.user.id))),
    insertAuditIfChanged(db, actor, { action: "session.logout", resource: actor.user.name }),
  ]);
}

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
