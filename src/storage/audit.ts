import { lt, sql } from "drizzle-orm";
import type { AuditEntry } from "../model/audit.ts";
import type { Database } from "./database.ts";
import { auditEvents } from "./schema.ts";

/** Whoever something is recorded of; a login that failed has a name only. */
export interface Recorded {
  user: { name: string; id?: number; accountId?: number };
  address: string | undefined;
}

/** The statement that records what somebody does, for the batch that does it. */
export function insertAudit(db: Database, { user, address }: Recorded, entry: AuditEntry) {
  return db.insert(auditEvents).values(auditRow({ user, address }, entry));
}

/**
 * The same for what may turn out not to happen: records only if the statement before it in the batch changed something,
 * and counts as such for the one after it.
 */
export function insertAuditIfChanged(db: Database, recorded: Recorded, entry: AuditEntry) {
  const row = auditRow(recorded, entry);
  return db.insert(auditEvents).select(
    sql`SELECT NULL, ${row.createdAt.getTime()}, ${row.accountId}, ${row.organization}, ${row.userId}, ${row.userName},
               ${row.address}, ${row.action}, ${row.resource}, ${row.result}, ${row.detail}
        WHERE changes() > 0`,
  );
}

function auditRow({ user, address }: Recorded, entry: AuditEntry) {
  const { action, resource, detail } = entry;
  return {
    createdAt: new Date(),
    accountId: entry.accountId ?? user.accountId ?? null,
    organization: entry.organization ?? null,
    userId: user.id ?? null,
    userName: user.name,
    address: address ?? null,
    action,
    resource,
    result: entry.result ?? ("success" as const),
    detail: detail === undefined ? null : JSON.stringify(detail),
  };
}

/** Deletes events older than a time, at most `limit` at once: D1 ends what takes too long. */
export async function deleteAuditBefore(db: Database, before: Date, limit: number): Promise<number> {
  const ids = db
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(lt(auditEvents.createdAt, before))
    .orderBy(auditEvents.createdAt)
    .limit(limit);
  const deleted = await db.delete(auditEvents).where(sql`${auditEvents.id} IN ${ids}`);
  return deleted.meta.changes;
}
