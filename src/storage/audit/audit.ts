import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  lt,
  type SQL,
  sql,
  type SQLWrapper,
} from "drizzle-orm";
import type { AuditAction, AuditEntry, AuditResult } from "../../model/audit/audit.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { type Database, isConstraintFailure, MAX_WRITE_DELAY_MS } from "../database.ts";
import { bytesOf, fillPage, shortText } from "../long-texts.ts";
import { accounts, auditEvents } from "../schema.ts";

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

/** Events that one page looks through, where no index has all that is asked for. */
const MAX_SEEN_OF_AUDIT = 2000;

/** Which events a page looks at. */
export interface AuditPage {
  /** The id to go on behind; undefined for the newest. */
  before: number | undefined;
  limit: number;
  maxSeen?: number;
}

export type AuditEvent = Omit<Awaited<ReturnType<typeof listAuditQuery>>[number], "text" | "bytes"> & {
  detail: string | null;
};

/** A page of events. */
export interface AuditEvents {
  events: AuditEvent[];
  /** The id to go on behind; undefined at the end. */
  next: number | undefined;
}

/**
 * Events in the order of their ids, newest first: at most `limit`, fewer where their details are long, and fewer, even none,
 * where too many others lie between.
 */
export async function listAudit(db: Database, filter: AuditFilter, page: AuditPage): Promise<AuditEvents> {
  const rows = await listAuditQuery(db, filter, page);
  const { rows: found, hasMore } = await fillPage(rows, page.limit, (ids) => readDetails(db, ids));
  const events = found.map(({ text: detail, ...event }) => ({ ...event, detail }));
  if (hasMore) return { events, next: events.at(-1)?.id };
  if (conditionsOf(filter).sifting === undefined) return { events, next: undefined };
  const [last] = await auditEndQuery(db, filter, page);
  return { events, next: last?.id };
}

function readDetails(db: Database, ids: readonly number[]) {
  return db
    .select({ id: auditEvents.id, text: auditEvents.detail })
    .from(auditEvents)
    .where(sql`${auditEvents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/** One event more than a page has, where there is one. */
export function listAuditQuery(db: Database, filter: AuditFilter, page: AuditPage) {
  const { maxSeen = MAX_SEEN_OF_AUDIT } = page;
  const { indexed, sifting } = conditionsOf(filter);
  const seen = db
    .select({
      ...getTableColumns(auditEvents),
      detail: shortText(auditEvents.detail).as("short_detail"),
      bytes: bytesOf(auditEvents.detail).as("detail_bytes"),
    })
    .from(auditEvents)
    .where(and(indexed, ...within(filter, page.before)))
    .orderBy(desc(auditEvents.id))
    .limit(sifting ? maxSeen : page.limit + 1)
    .as("seen");
  return db
    .select({
      id: seen.id,
      createdAt: seen.createdAt,
      account: sql<string | null>`(SELECT ${accounts.name} FROM ${accounts} WHERE ${accounts.id} = seen.account_id)`,
      organization: seen.organization,
      userName: seen.userName,
      address: seen.address,
      action: seen.action,
      resource: seen.resource,
      result: seen.result,
      text: seen.detail,
      bytes: seen.bytes,
    })
    .from(seen)
    .where(sifting)
    .limit(page.limit + 1);
}

/** The last event that a page looks at; none when there are no more than that. */
export function auditEndQuery(db: Database, filter: AuditFilter, { before, maxSeen = MAX_SEEN_OF_AUDIT }: AuditPage) {
  return db
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(and(conditionsOf(filter).indexed, ...within(filter, before)))
    .orderBy(desc(auditEvents.id))
    .limit(1)
    .offset(maxSeen - 1);
}

/**
 * What is asked for, in two: the condition that an index begins with, which all go on to the id, so that no list is sorted;
 * and what sifts the events that it leads to, as conditions on `seen`. The first of several finds the least as a rule.
 */
function conditionsOf(filter: AuditFilter): { indexed: SQL | undefined; sifting: SQL | undefined } {
  const { organization, userName, userId, accountId, accountName, action, result, since, until } = filter;
  const account = accountName === undefined ? accountId : sql`(SELECT id FROM ${accounts} WHERE name = ${accountName})`;
  const wanted = (
    [
      ["organization", organization],
      ["user_name", userName],
      ["account_id", account],
      ["action", action],
    ] as const
  ).filter(([, value]) => value !== undefined);
  // What was denied is little as a rule, and has an index by account.
  const isDenied = result === "denied" && account !== undefined && organization === undefined && userName === undefined;
  const first = isDenied ? wanted.find(([name]) => name === "account_id") : wanted[0];
  const rest: SQL[] = [
    ...wanted.filter((condition) => condition !== first).map((condition) => equals("seen", condition)),
    ...(userId === undefined ? [] : [equals("seen", ["user_id", userId])]),
    ...(result === undefined || isDenied ? [] : [equals("seen", ["result", result])]),
    ...(since ? [sql`seen.created_at >= ${since.getTime()}`] : []),
    ...(until ? [sql`seen.created_at < ${until.getTime()}`] : []),
  ];
  return {
    // Written out, because SQLite sees that a partial index fits by the text alone.
    indexed: and(first && equals("audit_events", first), isDenied ? sql`${auditEvents.result} = 'denied'` : undefined),
    sifting: and(...rest),
  };
}

function equals(table: string, [name, value]: readonly [string, unknown]): SQL {
  return sql`${sql.identifier(table)}.${sql.identifier(name)} = ${value}`;
}

/**
 * Ids grow with time, give or take what a write is delayed: so the ids around it find a time without reading the rest. One
 * bound on each side, because an index is entered by one only.
 */
function within({ since, until }: AuditFilter, before = Number.MAX_SAFE_INTEGER): SQL[] {
  const end = until ? sql`min(${before}, ${firstFrom(until.getTime() + MAX_WRITE_DELAY_MS)})` : sql`${before}`;
  return [
    ...(since ? [sql`${auditEvents.id} >= ${firstFrom(since.getTime() - MAX_WRITE_DELAY_MS)}`] : []),
    sql`${auditEvents.id} < ${end}`,
  ];
}

/** The id of the first event from a time on, found by halving; behind the last one when there is none. */
function firstFrom(time: number): SQL {
  const middle = sql`(low + high) / 2`;
  const next = sql`(SELECT min(${auditEvents.id}) FROM ${auditEvents} WHERE ${auditEvents.id} >= ${middle})`;
  const isEarlier = sql`(SELECT ${auditEvents.createdAt} FROM ${auditEvents} WHERE ${auditEvents.id} = ${next}) < ${time}`;
  // All events before `low` are earlier, and those from `high` on are not.
  return sql`(
    WITH RECURSIVE half(low, high) AS (
      SELECT (SELECT min(${auditEvents.id}) FROM ${auditEvents}), (SELECT max(${auditEvents.id}) + 1 FROM ${auditEvents})
      UNION ALL
      SELECT CASE WHEN ${isEarlier} THEN ${middle} + 1 ELSE low END, CASE WHEN ${isEarlier} THEN high ELSE ${middle} END
      FROM half WHERE low < high)
    SELECT ifnull(max(low), 0) FROM half)`;
}

/** Deletes events older than a time, at most `limit` at once: D1 ends what takes too long. */
export async function deleteAuditBefore(db: Database, before: Date, limit: number): Promise<number> {
  const oldest = db
    .select({ id: auditEvents.id, createdAt: auditEvents.createdAt })
    .from(auditEvents)
    .where(gt(auditEvents.id, 0))
    .orderBy(asc(auditEvents.id))
    .limit(limit)
    .as("oldest");
  const deleted = await db
    .delete(auditEvents)
    .where(inArray(auditEvents.id, db.select({ id: oldest.id }).from(oldest).where(lt(oldest.createdAt, before))))
    .returning({ id: auditEvents.id });
  return deleted.length;
}
