/**
 * How fast the registry sends requests that users have set off, so that it cannot be aimed at somebody (ADR 0017). A pace is
 * one row with one number, whatever was sent: the generic cell rate algorithm, by which requests come evenly after a burst.
 */
import { and, lt, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { deliveries, outboundPaces } from "../schema.ts";

/** What requests count for. */
export interface Outbound {
  accountId: number;
  /** `host:port`. */
  host: string;
}

export interface Pace {
  key: string;
  /** Milliseconds between two requests in the long run. */
  interval: number;
  /** How many may come at once after a pause. */
  burst: number;
}

/** Requests of an account in a minute, wherever they go: many names may lead to one address. */
export const ACCOUNT_PER_MINUTE = 1200;
/** Requests to one host in a minute, over all accounts. */
export const HOST_PER_MINUTE = 2400;
/** So many of them are each account's own, whatever others send there. */
export const SHARE_PER_MINUTE = 60;
/** Requests to one host that have no answer yet. */
export const MAX_UNDER_WAY = 50;

const MINUTE_MS = 60_000;

/** @param burst how many may come at once after a pause. */
export function paceOf(key: string, perMinute: number, burst: number): Pace {
  return { key, interval: MINUTE_MS / perMinute, burst };
}

export function pacesOf({ accountId, host }: Outbound): { account: Pace; host: Pace; share: Pace } {
  return {
    account: paceOf(`account ${accountId}`, ACCOUNT_PER_MINUTE, 40),
    host: paceOf(`host ${host}`, HOST_PER_MINUTE, 80),
    share: paceOf(`account ${accountId} at ${host}`, SHARE_PER_MINUTE, 5),
  };
}

/** When the next request at a pace may go, milliseconds since 1970: in the past when it may go now. */
export function freeAt({ key, interval, burst }: Pace): SQL {
  const nextAt = sql`(SELECT ${outboundPaces.nextAt} FROM ${outboundPaces} WHERE ${outboundPaces.key} = ${key})`;
  return sql`(coalesce(${nextAt}, 0) - ${interval * (burst - 1)})`;
}

/**
 * Counts a request, if the statement before it in the batch has changed anything.
 *
 * @param isShare what went by the room of the host counts against the share of the account too, but holds that back no
 * longer than the share itself does: so the share is there again as soon as others have filled the host.
 * @param requests how many it counts.
 */
export function spendIfChanged(
  db: Database,
  { key, interval, burst }: Pace,
  now: number,
  isShare = false,
  requests = 1,
) {
  const spent = interval * requests;
  const next = sql`max(${outboundPaces.nextAt}, ${now}) + ${spent}`;
  return db
    .insert(outboundPaces)
    .select(sql`SELECT ${key}, ${now + spent} WHERE changes() > 0`)
    .onConflictDoUpdate({
      target: outboundPaces.key,
      set: { nextAt: isShare ? sql`min(${next}, ${now + interval * burst})` : next },
    });
}

/** Whether a request to a host may go now, as far as the host is concerned. */
export function hasRoom({ accountId, host }: Outbound, now: number): SQL | undefined {
  const paces = pacesOf({ accountId, host });
  const underWay = (more: SQL, limit: number) => sql`(
    SELECT count(*) FROM (
      SELECT 1 FROM ${deliveries} AS other
      WHERE other.host = ${host} AND ${more} AND other.leased_until > ${now} LIMIT ${limit}))`;
  const isFree = and(
    sql`${freeAt(paces.host)} <= ${now}`,
    sql`${underWay(sql`true`, MAX_UNDER_WAY)} < ${MAX_UNDER_WAY}`,
  );
  // A host that others have filled is open to an account that has no request under way there.
  const isShare = and(
    sql`${freeAt(paces.share)} <= ${now}`,
    sql`${underWay(sql`other.account_id = ${accountId}`, 1)} = 0`,
  );
  return or(isFree, isShare);
}

/**
 * Counts one request that is sent at once and not as a delivery.
 *
 * @param requests how many are sent one after the other: all of them may go if the first may.
 * @returns whether it may be sent.
 */
export async function takeOutbound(db: Database, outbound: Outbound, requests = 1): Promise<boolean> {
  const now = Date.now();
  const paces = pacesOf(outbound);
  const spent = paces.account.interval * requests;
  const [taken] = await db.batch([
    db
      .insert(outboundPaces)
      .select(
        sql`SELECT ${paces.account.key}, ${now + spent}
            WHERE ${freeAt(paces.account)} <= ${now} AND ${hasRoom(outbound, now)}`,
      )
      .onConflictDoUpdate({
        target: outboundPaces.key,
        set: { nextAt: sql`max(${outboundPaces.nextAt}, ${now}) + ${spent}` },
      })
      .returning({ key: outboundPaces.key }),
    spendIfChanged(db, paces.host, now, false, requests),
    spendIfChanged(db, paces.share, now, true, requests),
  ]);
  return taken.length > 0;
}

/** Deletes paces that hold nothing back any more, at most `limit` rows: without one, everything may go. */
export async function deleteIdlePaces(db: Database, now: Date, limit: number): Promise<number> {
  const idle = db
    .select({ key: outboundPaces.key })
    .from(outboundPaces)
    .where(lt(outboundPaces.nextAt, now.getTime()))
    .limit(limit);
  const deleted = await db.delete(outboundPaces).where(sql`${outboundPaces.key} IN ${idle}`);
  return deleted.meta.changes;
}
