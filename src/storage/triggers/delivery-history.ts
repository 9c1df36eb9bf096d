/** The history of deliveries, and of their tries. */
import { and, asc, desc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { deliveries, deliveryAttempts } from "../schema.ts";
import type { AttemptRecord, DeliveryRecord } from "./deliveries.ts";

/** Deliveries of a trigger before `before`, the newest first. */
export async function listDeliveries(
  db: Database,
  triggerId: number,
  before: number | undefined,
  limit: number,
): Promise<DeliveryRecord[]> {
  return db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.triggerId, triggerId), before === undefined ? undefined : lt(deliveries.id, before)))
    .orderBy(desc(deliveries.id))
    .limit(limit);
}

/** The newest delivery of each of these triggers, tests included. */
export async function listNewestDeliveries(
  db: Database,
  triggerIds: readonly number[],
): Promise<Map<number, DeliveryRecord>> {
  const rows = await newestQuery(db, triggerIds);
  return new Map(rows.map((row) => [row.triggerId, row]));
}

function newestQuery(db: Database, triggerIds: readonly number[]) {
  // One step in an index for each trigger, however long its history is.
  const newest = sql`SELECT (
      SELECT one.id FROM deliveries AS one WHERE one.trigger_id = wanted.value ORDER BY one.id DESC LIMIT 1)
    FROM json_each(${JSON.stringify(triggerIds)}) AS wanted`;
  return db
    .select()
    .from(deliveries)
    .where(sql`${deliveries.id} IN (${newest})`);
}

/** The newest deliveries of a trigger that did what it is for, or failed to: no tests, and none that another overtook. */
export async function listOutcomes(db: Database, triggerId: number, limit: number): Promise<DeliveryRecord[]> {
  return outcomesQuery(db, triggerId, limit);
}

/** Deliveries that are looked through for outcomes. */
const MAX_SEEN_DELIVERIES = 500;

function outcomesQuery(db: Database, triggerId: number, limit: number) {
  const seen = db
    .select()
    .from(deliveries)
    .where(eq(deliveries.triggerId, triggerId))
    .orderBy(desc(deliveries.id))
    .limit(MAX_SEEN_DELIVERIES)
    .as("seen");
  return db
    .select()
    .from(seen)
    .where(and(inArray(seen.status, ["success", "failed", "dead"]), sql`${seen.event} ->> '$.isTest' IS NULL`))
    .limit(limit);
}

export async function findDelivery(db: Database, triggerId: number, id: number): Promise<DeliveryRecord | undefined> {
  const [row] = await db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.id, id), eq(deliveries.triggerId, triggerId)));
  return row;
}

/** The tries of one delivery, the first first. */
export async function listAttempts(db: Database, deliveryId: number): Promise<AttemptRecord[]> {
  return db
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, deliveryId))
    .orderBy(asc(deliveryAttempts.number));
}

/** Deletes history older than a time, at most `limit` rows; what is still to be delivered stays. */
export async function deleteDeliveriesBefore(db: Database, before: Date, limit: number): Promise<number> {
  const ids = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(lt(deliveries.createdAt, before), isNull(deliveries.nextAttemptAt)))
    .orderBy(asc(deliveries.createdAt))
    .limit(limit);
  const deleted = await db
    .delete(deliveries)
    .where(sql`${deliveries.id} IN ${ids}`)
    .returning({ id: deliveries.id });
  return deleted.length;
}
