/** Registries elsewhere that an account has registered. */
import type { Versions } from "../../kernel/precondition.ts";
import { and, asc, eq, sql } from "drizzle-orm";
import { MAX_REMOTES } from "../../kernel/limits.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { remotes } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

export type RemoteRecord = typeof remotes.$inferSelect;

/** All of an account's, by name: {@link MAX_REMOTES} at most. */
export async function listRemotes(db: Database, accountId: number): Promise<RemoteRecord[]> {
  return db.select().from(remotes).where(eq(remotes.accountId, accountId)).orderBy(asc(remotes.name));
}

export async function findRemote(db: Database, accountId: number, name: string): Promise<RemoteRecord | undefined> {
  const [row] = await db.select().from(remotes).where(isNamed(accountId, name));
  return row;
}

export async function findRemoteById(db: Database, id: number): Promise<RemoteRecord | undefined> {
  const [row] = await db.select().from(remotes).where(eq(remotes.id, id));
  return row;
}

/** What of a remote registry can change. */
export interface RemoteSettings {
  url: string;
  username: string | null;
  encryptedPassword: string | null;
}

/**
 * Registers a remote registry.
 *
 * @returns "name-taken" when the account has one of that name, "too-many" when it has {@link MAX_REMOTES}.
 */
export async function insertRemote(
  db: Database,
  actor: Actor,
  accountId: number,
  name: string,
  { url, username, encryptedPassword }: RemoteSettings,
): Promise<{ outcome: "created" | "name-taken" | "too-many" }> {
  const now = Date.now();
  const [created] = await db.batch([
    db
      .insert(remotes)
      .select(
        sql`SELECT NULL, ${accountId}, ${name}, ${url}, ${username}, ${encryptedPassword}, ${now}, ${now}
            WHERE (SELECT count(*) FROM ${remotes} WHERE ${remotes.accountId} = ${accountId}) < ${MAX_REMOTES}`,
      )
      .onConflictDoNothing({ target: [remotes.accountId, remotes.name] })
      .returning({ id: remotes.id }),
    insertAuditIfChanged(db, actor, {
      action: "remote.create",
      resource: name,
      detail: { url, ...(username !== null && { username }) },
    }),
  ]);
  if (created.length > 0) return { outcome: "created" };
  return { outcome: (await findRemote(db, accountId, name)) ? "name-taken" : "too-many" };
}

/**
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @returns whether there was one of that name.
 */
export async function updateRemote(
  db: Database,
  actor: Actor,
  accountId: number,
  name: string,
  settings: Partial<RemoteSettings>,
  versions?: Versions,
): Promise<boolean> {
  const { url, username, encryptedPassword } = settings;
  const isMeant = isNamed(accountId, name);
  const [, , updated] = await db.batch([
    requireVersion(db, remotes, isMeant, versions),
    insertAuditOfChange(db, actor, { action: "remote.update", resource: name }, sql`${remotes} WHERE ${isMeant}`, {
      url: url === undefined ? undefined : { from: remotes.url, to: url },
      username: username === undefined ? undefined : { from: remotes.username, to: username },
      credentials:
        encryptedPassword === undefined
          ? undefined
          : { from: remotes.encryptedPassword, to: encryptedPassword, isSecret: true },
    }),
    db
      .update(remotes)
      .set({ ...settings, updatedAt: nextVersion(remotes) })
      .where(isMeant)
      .returning({ id: remotes.id }),
  ]);
  return updated.length > 0;
}

/** @returns "unknown" when there was none of that name, "in-use" while something names it. */
export async function deleteRemote(
  db: Database,
  actor: Actor,
  accountId: number,
  name: string,
): Promise<{ outcome: "deleted" | "unknown" | "in-use" }> {
  try {
    const [deleted] = await db.batch([
      db.delete(remotes).where(isNamed(accountId, name)).returning({ id: remotes.id }),
      insertAuditIfChanged(db, actor, { action: "remote.delete", resource: name }),
    ]);
    return { outcome: deleted.length > 0 ? "deleted" : "unknown" };
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return { outcome: "in-use" };
    throw error;
  }
}

function isNamed(accountId: number, name: string) {
  return and(eq(remotes.accountId, accountId), eq(remotes.name, name));
}
