/** The audit: statements that record what somebody does. */
import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { AuditEntry } from "../../model/audit/audit.ts";
import { type AllGiven, type Database, isConstraintFailure } from "../database.ts";
import { auditEvents } from "../schema.ts";

/** Who did something. A login that failed has only a name. */
export interface Recorded {
  user: { name: string; id?: number; accountId?: number };
  address: string | undefined;
  /** For whom a trust rule's user acts: the event tells. */
  subject?: string | undefined;
}

/** The statement that records what somebody does, for the batch that does it. */
export function insertAudit(db: Database, recorded: Recorded, entry: AuditEntry) {
  return insertAuditRow(db, auditRow(recorded, entry));
}

/** The same for a batch that is written once. */
export function insertAuditRow(db: Database, row: AllGiven<AuditRow>) {
  const { createdAt, accountId, organization, userId, userName, address, action, resource, result, detail } = row;
  return db
    .insert(auditEvents)
    .values({ createdAt, accountId, organization, userId, userName, address, action, resource, result, detail });
}

/** Records what changes nothing else, and answers the id of the event. */
export async function insertAuditEvent(db: Database, recorded: Recorded, entry: AuditEntry): Promise<number> {
  const [event] = await insertAudit(db, recorded, entry).returning({ id: auditEvents.id });
  if (!event) throw new Error("no row came back for an event");
  return event.id;
}

/**
 * Records something that the batch may turn out not to do: only if the statement before it in the batch has changed
 * something. To the statement after it, the record is itself such a change.
 */
export function insertAuditIfChanged(db: Database, recorded: Recorded, entry: AuditEntry) {
  const row = auditRow(recorded, entry);
  return db.insert(auditEvents).select(
    sql`SELECT NULL, ${row.createdAt.getTime()}, ${row.accountId}, ${row.organization}, ${row.userId}, ${row.userName},
               ${row.address}, ${row.action}, ${row.resource}, ${row.result}, ${row.detail}, NULL
        WHERE changes() > 0`,
  );
}

/**
 * Records once per row of a FROM clause, each time with a detail or resource of its own, and fails the whole batch
 * ({@link isAuditRefusal}) when a row does not meet a condition.
 */
export function insertAuditForEach(
  db: Database,
  recorded: Recorded,
  entry: AuditEntry,
  rows: { from: SQL; condition?: SQL; detail?: SQL; resource?: SQL },
) {
  const row = auditRow(recorded, entry);
  const { from, condition = sql`1`, detail = sql`${row.detail}`, resource = sql`${row.resource}` } = rows;
  return db.insert(auditEvents).select(
    sql`SELECT NULL, ${row.createdAt.getTime()}, ${row.accountId}, ${row.organization}, ${row.userId}, ${row.userName},
               ${row.address}, CASE WHEN ${condition} THEN ${row.action} END, ${resource}, ${row.result}, ${detail}, NULL
        FROM ${from}`,
  );
}

/** A setting that is about to be changed. */
export interface Change {
  /** What it is, as an expression over the row; JSON text where `to` is an array. */
  from: SQLWrapper;
  /** What it becomes: a value, or an expression as `from`. */
  to: SQLWrapper | string | number | boolean | null | readonly (string | object | null)[];
  /** Whether the audit is to say no more than that it was changed. */
  isSecret?: boolean;
}

/**
 * The statement before the one that changes a row: records the event with each setting that gets another value, from what to
 * what, as `{"role":{"from":"member","to":"administrator"}}`. It reads the row in the same batch, so what it says is true also
 * when two change it at once.
 *
 * @param row `table WHERE condition`, the same as of the change.
 * @param changes by name; undefined for a setting that stays.
 */
export function insertAuditOfChange(
  db: Database,
  recorded: Recorded,
  entry: AuditEntry,
  row: SQL,
  changes: Readonly<Record<string, Change | undefined>>,
) {
  const pairs = Object.entries(changes).flatMap(([name, change]) =>
    change ? [sql`${name}, ${describeChange(change)}`] : [],
  );
  // A patch with null leaves the key out.
  const detail = sql`json_patch(${JSON.stringify(entry.detail ?? {})}, json_object(${sql.join(pairs, sql`, `)}))`;
  return insertAuditForEach(db, recorded, entry, { from: row, detail });
}

function describeChange({ from, to, isSecret = false }: Change): SQL {
  const [old, replacement] = Array.isArray(to)
    ? [sql`${from}`, sql`${JSON.stringify(to)}`]
    : typeof to === "boolean"
      ? [sql`iif(${from}, 'true', 'false')`, sql`${String(to)}`]
      : [sql`json_quote(${from})`, sql`json_quote(${to})`];
  const change = isSecret ? sql`'"changed"'` : sql`json_object('from', json(${old}), 'to', json(${replacement}))`;
  return sql`json(CASE WHEN ${old} IS ${replacement} THEN 'null' ELSE ${change} END)`;
}

/** Whether a batch failed because of a row that {@link insertAuditForEach} does not let pass. */
export function isAuditRefusal(error: unknown): boolean {
  return isConstraintFailure(error, "NOT NULL constraint failed: audit_events.action");
}

export type AuditRow = ReturnType<typeof auditRow>;

/** The columns of an event. */
export function auditRow({ user, address, subject }: Recorded, entry: AuditEntry) {
  const { action, resource } = entry;
  const detail = subject === undefined ? entry.detail : { ...entry.detail, subject };
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
