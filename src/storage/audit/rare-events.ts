/** Events that their cause can repeat at will, and that are recorded within limits. */
import { and, desc, eq, gt, isNotNull, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { AuditEntry } from "../../model/audit/audit.ts";
import { type AuditRow, auditRow, type Recorded } from "./audit.ts";
import type { Database } from "../database.ts";
import { auditEvents } from "../schema.ts";

/** So many events within a time, at most. */
export interface Rate {
  max: number;
  ms: number;
}

/** How often something is recorded that its cause can repeat at will. */
export interface AuditLimits {
  /** For how long the same event of the same user, resource and address is not recorded again. */
  intervalMs: number;
  /** Events of the same kind of one user, whatever they are about. */
  ofUser: readonly Rate[];
  /** Events that other accounts have caused in an account, or in none, all together. */
  toAccount: readonly Rate[];
  /** Those of them that one other account causes. */
  fromAccount: readonly Rate[];
}

/** How many of a user's events are looked through for those like a new one. */
const MAX_SEEN_EVENTS = 200;

/** The origin of an event whose cause nobody knows, such as a login that failed. */
export const UNKNOWN_ORIGIN = 0;

/**
 * Records something within limits, which are kept by the statement itself: also many at once do not exceed them.
 *
 * @param origin id of the account that caused it, or {@link UNKNOWN_ORIGIN}.
 */
export async function insertAuditRarely(
  db: Database,
  recorded: Recorded,
  entry: AuditEntry,
  origin: number,
  { intervalMs, ofUser, toAccount, fromAccount }: AuditLimits,
): Promise<void> {
  const row = auditRow(recorded, entry);
  const now = row.createdAt.getTime();
  const isForeign = origin !== row.accountId;
  const after = (ms: number) => new Date(now - ms);
  const conditions = [
    sql`NOT EXISTS (SELECT 1 FROM ${alikeQuery(db, row, after(intervalMs))} AS alike
                    WHERE alike.resource = ${row.resource} AND alike.address IS ${row.address})`,
    ...ofUser.map((rate) => isRare(rate, alikeQuery(db, row, after(rate.ms)))),
    ...(isForeign ? toAccount.map((rate) => isRare(rate, foreignQuery(db, row.accountId, after(rate.ms)))) : []),
    ...(isForeign
      ? fromAccount.map((rate) => isRare(rate, foreignQuery(db, row.accountId, after(rate.ms), origin)))
      : []),
  ];
  await db.insert(auditEvents).select(
    sql`SELECT NULL, ${now}, ${row.accountId}, ${row.organization}, ${row.userId}, ${row.userName},
               ${row.address}, ${row.action}, ${row.resource}, ${row.result}, ${row.detail}, ${isForeign ? origin : null}
        WHERE ${sql.join(conditions, sql` AND `)}`,
  );
}

function isRare({ max }: Rate, query: SQLWrapper): SQL {
  return sql`(SELECT count(*) FROM ${query}) < ${max}`;
}

/** A user's latest events of a kind, after a time. */
function alikeQuery(
  db: Database,
  { userName, action, result }: Pick<AuditRow, "userName" | "action" | "result">,
  after: Date,
) {
  const latest = db
    .select({
      action: auditEvents.action,
      result: auditEvents.result,
      resource: auditEvents.resource,
      address: auditEvents.address,
      createdAt: auditEvents.createdAt,
    })
    .from(auditEvents)
    .where(eq(auditEvents.userName, userName))
    .orderBy(desc(auditEvents.id))
    .limit(MAX_SEEN_EVENTS)
    .as("latest");
  return db
    .select({ resource: latest.resource, address: latest.address })
    .from(latest)
    .where(and(eq(latest.action, action), eq(latest.result, result), gt(latest.createdAt, after)));
}

/**
 * Events that other accounts, or one of them, have caused in an account after a time; null: in no account. There are no more
 * of them than the limits allow.
 */
function foreignQuery(db: Database, accountId: number | null, after: Date, origin?: number) {
  return db
    .select({ createdAt: auditEvents.createdAt })
    .from(auditEvents)
    .where(
      and(
        sql`${auditEvents.accountId} IS ${accountId}`,
        gt(auditEvents.createdAt, after),
        isNotNull(auditEvents.originAccountId),
        origin === undefined ? undefined : eq(auditEvents.originAccountId, origin),
      ),
    );
}
