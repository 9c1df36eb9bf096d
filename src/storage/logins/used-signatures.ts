import { lt, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { usedSignatures } from "../schema.ts";

/**
 * Remembers the signature of a request.
 *
 * @param expiresAt from when on the request is refused because of its date.
 * @returns false when it is remembered already.
 */
export async function saveSignature(db: Database, signature: string, expiresAt: Date): Promise<boolean> {
  const saved = await db
    .insert(usedSignatures)
    .values({ signature, expiresAt })
    .onConflictDoNothing({ target: usedSignatures.signature })
    .returning({ signature: usedSignatures.signature });
  return saved.length > 0;
}

/**
 * Forgets signatures of requests that are refused because of their date by now, at most `limit` at once: D1 ends what takes
 * too long.
 */
export async function deleteEndedSignatures(db: Database, now: Date, limit: number): Promise<number> {
  const ended = db
    .select({ signature: usedSignatures.signature })
    .from(usedSignatures)
    .where(lt(usedSignatures.expiresAt, now))
    .orderBy(usedSignatures.expiresAt)
    .limit(limit);
  const deleted = await db.delete(usedSignatures).where(sql`${usedSignatures.signature} IN ${ended}`);
  return deleted.meta.changes;
}
