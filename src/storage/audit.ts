import {
  and,
  type AnyColumn,
  asc,
  desc,
  eq,
  gt,
  gte,
  isNotNull,
  lt,
  type SQL,
  sql,
  type SQLWrapper,
} from "drizzle-orm";
import type { AuditAction, AuditEntry, AuditResult } from "../model/audit.ts";
import type { OrganizationName } from "../model/reference.ts";
import { type Database, isConstraintFailure } from "./database.ts";
import { bytesOf, fillPage, shortText } from "./long-texts.ts";
import { accounts, auditEvents } from "./schema.ts";

/** Whoever something is recorded of; a login that failed has a name only. */
export interface Recorded {
  user: { name: string; id?: number; accountId?: number };
  address: string | undefined;
}

/** The statement that records what somebody does, for the batch that does it. */
export function insertAudit(db: Database, { user, address }: Recorded, entry: AuditEntry) {
  return db.insert(auditEvents).values(auditRow({ user, address }, entry));
}

/** Records what changes nothing else, and answers the id of the event. */
export async function insertAuditEvent(db: Database, recorded: Recorded, entry: AuditEntry): Promise<number> {
  const [event] = await insertAudit(db, recorded, entry).returning({ id: auditEvents.id });
  if (!event) throw new Error("no row came back for an event");
  return event.id;
}

/**
 * The same for what may turn out not to happen: records only if the statement before it in the batch changed something,
 * and counts as such for the one after it.
 */
export function insertAuditIfChanged(db: Database, recorded: Recorded, entry: AuditEntry) {
  const row = auditRow(recorded, entry);
  return db.insert(auditEvents).select(
    sql`SELECT NULL, ${row.createdAt.getTime()}, ${row.accountId}, ${row.organization}, ${row.userId}, ${row.userName},
               ${row.address}, ${row.action}, ${row.resource}, ${row.result}, ${row.detail}, NULL
        WHERE changes() > 0`,
  );
}

/** So many events within a time, at most. */
export interface Rate {
  max: number;
  ms: number;
}

/** How often something is recorded that its cause can repeat at will. */
export interface AuditLimits {
  /** For how long the same of the same user, resource and address is not recorded again. */
  intervalMs: number;
  /** Events of the same kind of one user, whatever they are about. */
  ofUser: readonly Rate[];
  /** Events that an account gets from others, or that nobody's account gets, from all users together. */
  toAccount: readonly Rate[];
  /** Those of them that one other account causes. */
  fromAccount: readonly Rate[];
}

/** How many of a user's events are looked through for those like a new one. */
const MAX_SEEN_EVENTS = 200;

/** Where an event comes from whose cause nobody knows, as of a login that failed. */
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
export function alikeQuery(
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

/** What an account, or nobody's, got from other accounts after a time, or from one of them: no more than the limits allow. */
export function foreignQuery(db: Database, accountId: number | null, after: Date, origin?: number) {
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
  to: SQLWrapper | string | number | boolean | null | readonly (string | null)[];
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

type AuditRow = ReturnType<typeof auditRow>;

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

/** Which events are asked for. */
export interface AuditFilter {
  accountId?: number | undefined;
  accountName?: string | undefined;
  organization?: OrganizationName | undefined;
  userId?: number | undefined;
  userName?: string | undefined;
  action?: AuditAction | undefined;
  result?: AuditResult | undefined;
  /** The first moment. */
  since?: Date | undefined;
  /** The first moment no longer wanted. */
  until?: Date | undefined;
}

/** How long after its time an event may be written at most: longer than D1 lets a query take. */
const MAX_WRITE_DELAY_MS = 5 * 60 * 1000;

/**
 * Events in the order of their ids, newest first: at most `limit`, fewer where their details are long.
 *
 * @param before the id to go on behind; undefined for the newest.
 */
export async function listAudit(db: Database, filter: AuditFilter, before: number | undefined, limit: number) {
  const rows = await listAuditQuery(db, filter, before, limit + 1);
  const { rows: events, hasMore } = await fillPage(rows, limit, (ids) => readDetails(db, ids));
  return { events: events.map(({ text: detail, ...event }) => ({ ...event, detail })), hasMore };
}

function readDetails(db: Database, ids: readonly number[]) {
  return db
    .select({ id: auditEvents.id, text: auditEvents.detail })
    .from(auditEvents)
    .where(sql`${auditEvents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

export type AuditEvent = Awaited<ReturnType<typeof listAudit>>["events"][number];

export function listAuditQuery(db: Database, filter: AuditFilter, before: number | undefined, limit: number) {
  const { organization, userName, accountId, accountName, action } = filter;
  const account = accountName === undefined ? accountId : sql`(SELECT id FROM ${accounts} WHERE name = ${accountName})`;
  return db
    .select({
      id: auditEvents.id,
      createdAt: auditEvents.createdAt,
      account: accounts.name,
      organization: auditEvents.organization,
      userName: auditEvents.userName,
      address: auditEvents.address,
      action: auditEvents.action,
      resource: auditEvents.resource,
      result: auditEvents.result,
      text: shortText(auditEvents.detail),
      bytes: bytesOf(auditEvents.detail),
    })
    .from(auditEvents)
    .leftJoin(accounts, eq(accounts.id, auditEvents.accountId))
    .where(
      and(
        lt(auditEvents.id, before ?? Number.MAX_SAFE_INTEGER),
        ...inOneIndex([
          [auditEvents.organization, organization],
          [auditEvents.userName, userName],
          [auditEvents.accountId, account],
          [auditEvents.action, action],
        ]),
        ...within(db, filter),
        filter.userId === undefined ? undefined : eq(auditEvents.userId, filter.userId),
        filter.result === undefined ? undefined : eq(auditEvents.result, filter.result),
      ),
    )
    .orderBy(desc(auditEvents.id))
    .limit(limit);
}

/**
 * The conditions on columns that have an index, which all go on to the id, so that no list is sorted. SQLite would choose
 * among them without knowing how much each finds; the first one given finds the least. A unary plus hides the others.
 */
function inOneIndex(conditions: readonly (readonly [column: AnyColumn, value: unknown])[]): SQL[] {
  return conditions
    .filter(([, value]) => value !== undefined)
    .map(([column, value], position) => (position === 0 ? sql`${column} = ${value}` : sql`+${column} = ${value}`));
}

/** Ids grow with time, give or take what a write is delayed: so the ids around it find a time without reading the rest. */
function within(db: Database, { since, until }: AuditFilter): SQL[] {
  const conditions: (SQL | undefined)[] = [];
  if (since) {
    const last = db
      .select({ id: auditEvents.id })
      .from(auditEvents)
      .where(lt(auditEvents.createdAt, new Date(since.getTime() - MAX_WRITE_DELAY_MS)))
      .orderBy(desc(auditEvents.createdAt), desc(auditEvents.id))
      .limit(1);
    conditions.push(gte(auditEvents.createdAt, since), gt(auditEvents.id, sql`ifnull(${last}, 0)`));
  }
  if (until) {
    const first = db
      .select({ id: auditEvents.id })
      .from(auditEvents)
      .where(gte(auditEvents.createdAt, new Date(until.getTime() + MAX_WRITE_DELAY_MS)))
      .orderBy(asc(auditEvents.createdAt), asc(auditEvents.id))
      .limit(1);
    const end = sql`ifnull(${first}, ${Number.MAX_SAFE_INTEGER})`;
    conditions.push(lt(auditEvents.createdAt, until), lt(auditEvents.id, end));
  }
  return conditions.filter((condition) => condition !== undefined);
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
