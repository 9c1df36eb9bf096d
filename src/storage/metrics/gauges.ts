/** What `/metrics` reads of the registry's state: a bounded number of rows, however large the registry is. */
import { eq, sql } from "drizzle-orm";
import type { QuotaResource } from "../../kernel/quotas.ts";
import type { DeliveryStatus } from "../../model/triggers/deliveries.ts";
import type { SyncStatus } from "../../model/sync/sync-jobs.ts";
import type { Database } from "../database.ts";
import {
  accounts,
  cleanups,
  deliveries,
  metricTotals,
  openUploads,
  organizations,
  quotas,
  syncJobs,
} from "../schema.ts";
import { UNLIMITED } from "../quotas/quotas.ts";

/** Rows of a kind that are counted; more of them show as this number. */
export const MAX_COUNTED = 1000;
/** Organizations whose quotas are told. */
const MAX_ORGANIZATIONS = 100;
/** Accounts that one step of the sum of all looks at. */
const ACCOUNTS_PER_STEP = 1000;

const SUMMED = ["storedBytes", "manifestBytes", "images", "tags"] as const satisfies QuotaResource[];
export type AccountTotals = Record<(typeof SUMMED)[number], number>;

export interface Gauges {
  openUploads: { count: number; oldestSeenAt: Date | null };
  deliveries: { status: DeliveryStatus; count: number }[];
  syncJobs: { status: SyncStatus; count: number }[];
  failingTriggers: number;
  deletions: number;
  /** Of organizations that have a limit of their own. `limit` null: unlimited. */
  quotas: { organization: string; resource: QuotaResource; used: number; limit: number | null }[];
  /** Undefined until the clock has measured them. */
  totals: { numbers: AccountTotals; measuredAt: Date } | undefined;
  reclaimableBytes: number | undefined;
}

/** One batch. */
export async function readGauges(db: Database): Promise<Gauges> {
  const limited = sql`
    SELECT DISTINCT ${quotas.holderId} AS id FROM ${quotas}
    WHERE ${quotas.holder} = 'organization' AND ${quotas.holderId} > 0 AND ${quotas.ownLimit} IS NOT NULL
    ORDER BY 1 LIMIT ${MAX_ORGANIZATIONS}`;
  const [uploads, waiting, jobs, [failing], [pending], limits, totals] = await db.batch([
    db
      .select({ count: sql<number>`count(*)`, oldestSeenAt: sql<number | null>`min(seen_at)` })
      .from(sql`(SELECT seen_at FROM ${openUploads} ORDER BY seen_at LIMIT ${MAX_COUNTED})`),
    db
      .select({ status: sql<DeliveryStatus>`status`, count: sql<number>`count(*)` })
      .from(
        sql`(SELECT status FROM ${deliveries} WHERE ${deliveries.nextAttemptAt} IS NOT NULL
             ORDER BY ${deliveries.nextAttemptAt} LIMIT ${MAX_COUNTED})`,
      )
      .groupBy(sql`1`),
    db
      .select({ status: sql<SyncStatus>`status`, count: sql<number>`count(*)` })
      .from(
        sql`(SELECT status FROM ${syncJobs} WHERE ${syncJobs.nextAttemptAt} IS NOT NULL
             ORDER BY ${syncJobs.nextAttemptAt} LIMIT ${MAX_COUNTED})`,
      )
      .groupBy(sql`1`),
    db
      .select({ count: sql<number>`count(*)` })
      .from(sql`(SELECT 1 FROM ${deliveries} WHERE ${deliveries.isFailing} = 1 LIMIT ${MAX_COUNTED})`),
    db.select({ count: sql<number>`count(*)` }).from(sql`(SELECT 1 FROM ${cleanups} LIMIT ${MAX_COUNTED})`),
    db
      .select({
        organization: sql<string | null>`(SELECT ${organizations.name} FROM ${organizations}
          WHERE ${organizations.id} = ${quotas.holderId})`,
        resource: quotas.resource,
        used: quotas.used,
        limit: quotas.ownLimit,
      })
      .from(quotas)
      .where(
        sql`${quotas.holder} = 'organization' AND ${quotas.holderId} IN (${limited}) AND ${quotas.ownLimit} IS NOT NULL`,
      ),
    db.select().from(metricTotals),
  ]);
  const totalOf = (name: string) => totals.find((total) => total.name === name);
  const ofAccounts = totalOf("accounts");
  const [open = { count: 0, oldestSeenAt: null }] = uploads;
  return {
    openUploads: {
      count: open.count,
      oldestSeenAt: open.oldestSeenAt === null ? null : new Date(open.oldestSeenAt),
    },
    deliveries: waiting,
    syncJobs: jobs,
    failingTriggers: failing?.count ?? 0,
    deletions: pending?.count ?? 0,
    quotas: limits.flatMap(({ organization, limit, ...quota }) =>
      // The name of a deleted one is not there, or is not one: it goes in slices.
      organization === null || organization.startsWith("~") || limit === null
        ? []
        : [{ ...quota, organization, limit: limit >= UNLIMITED ? null : limit }],
    ),
    totals: ofAccounts && { numbers: readTotals(ofAccounts.numbers), measuredAt: ofAccounts.measuredAt },
    reclaimableBytes: numberIn(totalOf("garbage")?.numbers, "bytes"),
  };
}

/**
 * Adds up what accounts have, a thousand of them in each step, and begins anew after the last. So a registry with fewer has sums of
 * this very minute.
 */
export async function measureAccounts(db: Database, now: Date): Promise<void> {
  const [walk] = await db.select().from(metricTotals).where(eq(metricTotals.name, "walk"));
  const after = numberIn(walk?.numbers, "after") ?? 0;
  const known = readTotals(after === 0 ? undefined : walk?.numbers);
  const ids = sql`SELECT ${accounts.id} AS id FROM ${accounts} WHERE ${accounts.id} > ${after}
    ORDER BY ${accounts.id} LIMIT ${ACCOUNTS_PER_STEP}`;
  const [[seen], rows] = await db.batch([
    db.select({ count: sql<number>`count(*)`, last: sql<number | null>`max(id)` }).from(sql`(${ids})`),
    db
      .select({ resource: quotas.resource, used: sql<number>`sum(${quotas.used})` })
      .from(quotas)
      .where(sql`${quotas.holder} = 'account' AND ${quotas.holderId} IN (${ids})`)
      .groupBy(quotas.resource),
  ]);
  const sums = Object.fromEntries(
    SUMMED.map((name) => [name, known[name] + (rows.find(({ resource }) => resource === name)?.used ?? 0)]),
  );
  const isWhole = (seen?.count ?? 0) < ACCOUNTS_PER_STEP;
  if (isWhole) await saveTotals(db, "accounts", sums, now);
  // A registry with few accounts needs no note of how far the sum has come.
  if (!isWhole || after > 0) await saveTotals(db, "walk", isWhole ? {} : { ...sums, after: seen?.last ?? 0 }, now);
}

/** Notes how many bytes nothing needs. */
export async function saveReclaimable(db: Database, bytes: number, now: Date): Promise<void> {
  await saveTotals(db, "garbage", { bytes }, now);
}

async function saveTotals(
  db: Database,
  name: "accounts" | "walk" | "garbage",
  numbers: Readonly<Record<string, number>>,
  measuredAt: Date,
): Promise<void> {
  const row = { numbers: JSON.stringify(numbers), measuredAt };
  await db
    .insert(metricTotals)
    .values({ name, ...row })
    .onConflictDoUpdate({ target: metricTotals.name, set: row });
}

function readTotals(numbers: string | undefined): AccountTotals {
  const of = (name: keyof AccountTotals) => numberIn(numbers, name) ?? 0;
  return { storedBytes: of("storedBytes"), manifestBytes: of("manifestBytes"), images: of("images"), tags: of("tags") };
}

/** A field of a JSON object of numbers. */
function numberIn(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const read: unknown = JSON.parse(text);
  const value: unknown = typeof read === "object" && read !== null ? Reflect.get(read, name) : undefined;
  return typeof value === "number" ? value : undefined;
}
