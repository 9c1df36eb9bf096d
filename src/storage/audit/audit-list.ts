/** Pages of the audit, and its end. */
import { and, asc, desc, getTableColumns, gt, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { AuditAction, AuditResult } from "../../model/audit/audit.ts";
import { type Database, MAX_WRITE_DELAY_MS } from "../database.ts";
import { bytesOf, fillPage, shortText } from "../long-texts.ts";
import { accounts, auditEvents } from "../schema.ts";

/** Which events are asked for. */
export interface AuditFilter {
  accountId?: number | undefined;
  accountName?: string | undefined;
  organization?: OrganizationName | undefined;
  userId?: number | undefined;
  userName?: string | undefined;
  action?: AuditAction | undefined;
  result?: AuditResult | undefined;
  /** A part of what was done, to what, by whom and from where, or of the particulars that are short; upper and lower case alike. */
  text?: string | undefined;
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
function listAuditQuery(db: Database, filter: AuditFilter, page: AuditPage) {
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
function auditEndQuery(db: Database, filter: AuditFilter, { before, maxSeen = MAX_SEEN_OF_AUDIT }: AuditPage) {
  return db
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(and(conditionsOf(filter).indexed, ...within(filter, before)))
    .orderBy(desc(auditEvents.id))
    .limit(1)
    .offset(maxSeen - 1);
}

/**
 * Splits a filter in two. `indexed` is the condition that an index begins with: all these indexes go on to the id, so that
 * no list is sorted. `sifting` are the other conditions, on the columns of `seen`. Of several conditions the first finds, as
 * a rule, the fewest events, so it becomes the indexed one.
 */
function conditionsOf(filter: AuditFilter): { indexed: SQL | undefined; sifting: SQL | undefined } {
  const { organization, userName, userId, accountId, accountName, action, result, text, since, until } = filter;
  const account = accountName === undefined ? accountId : sql`(SELECT id FROM ${accounts} WHERE name = ${accountName})`;
  const wanted = (
    [
      ["organization", organization],
      ["user_name", userName],
      ["account_id", account],
      ["action", action],
    ] as const
  ).filter(([, value]) => value !== undefined);
  // Few events are of something that was denied, and these have an index by account.
  const isDenied = result === "denied" && account !== undefined && organization === undefined && userName === undefined;
  const first = isDenied ? wanted.find(([name]) => name === "account_id") : wanted[0];
  const rest: SQL[] = [
    ...wanted.filter((condition) => condition !== first).map((condition) => equals("seen", condition)),
    ...(userId === undefined ? [] : [equals("seen", ["user_id", userId])]),
    ...(result === undefined || isDenied ? [] : [equals("seen", ["result", result])]),
    ...(text === undefined ? [] : [sql`instr(lower(${SEARCHED}), lower(${text})) > 0`]),
    ...(since ? [sql`seen.created_at >= ${since.getTime()}`] : []),
    ...(until ? [sql`seen.created_at < ${until.getTime()}`] : []),
  ];
  return {
    // Written out, because SQLite sees that a partial index fits by the text alone.
    indexed: and(first && equals("audit_events", first), isDenied ? sql`${auditEvents.result} = 'denied'` : undefined),
    sifting: and(...rest),
  };
}

/** Apart by what nobody types, so that no text is found across two of them. */
const SEARCHED = sql`(seen.action || char(10) || seen.resource || char(10) || seen.user_name || char(10)
  || ifnull(seen.address, '') || char(10) || ifnull(seen.organization, '') || char(10) || ifnull(seen.short_detail, ''))`;

function equals(table: string, [name, value]: readonly [string, unknown]): SQL {
  return sql`${sql.identifier(table)}.${sql.identifier(name)} = ${value}`;
}

/**
 * The times of a filter as bounds of ids. Ids grow with time, except that a write may be delayed, so a time is found without
 * reading the events in between. There is one bound on each side, because an index is entered by one only.
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
