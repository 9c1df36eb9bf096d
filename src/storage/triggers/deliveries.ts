/** Deliveries of push events to triggers: the outbox, and the tries. */
import { and, asc, eq, gt, isNotNull, isNull, lte, or, sql, type SQL } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_DELIVERIES_PER_PUSH } from "../../kernel/limits.ts";
import type { Tag } from "../../kernel/reference.ts";
import type { AuditEntry } from "../../model/audit/audit.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { DeliveryStatus, Outcome } from "../../model/triggers/deliveries.ts";
import type { PushEvent } from "../../model/triggers/push-event.ts";
import { writeDetail } from "../../model/write-detail.ts";
import { insertAudit } from "../audit/audit.ts";
import { type AllGiven, type Database, type Given, isConstraintFailure } from "../database.ts";
import { deliveries, deliveryAttempts, repositories, triggers } from "../schema.ts";
import { freeAt, hasRoom, type Outbound, pacesOf, spendIfChanged } from "../outbound/paces.ts";

export type DeliveryRecord = typeof deliveries.$inferSelect;

export type AttemptRecord = typeof deliveryAttempts.$inferSelect;

/** What tags are about to be pointed to, as values or as they are in the database. */
export interface PushedManifest {
  digest: Given<Digest> | SQL;
  mediaType: Given<string> | SQL;
  size: Given<number> | SQL;
}

/** What the events of a push have in common, as JSON, and when it was. */
export interface Occasion {
  event: string;
  now: number;
}

/** @param event who pushes, and where to. */
export function occasionOf(event: Pick<PushEvent, "repository" | "user" | "registry">, now: Date): Occasion {
  return { event: JSON.stringify({ ...event, at: now.toISOString() }), now: now.getTime() };
}

/**
 * The statement that writes the outbox: a row per enabled trigger of the repository and tag. It goes into the batch that
 * moves tags, before they move. A glob is looked at afterwards (`registry/triggers/deliveries.ts`), because SQL cannot, so
 * some of these rows are deleted again.
 *
 * @param tags what is moved, as JSON: an array of `tag`, and `isAnnounced`, whether triggers for all tags are told of it, or
 * only those that name it (`kernel/tag-kind.ts`).
 * @param isSame whether a tag has the manifest already, as a condition on its name: only triggers that always fire do so
 * then.
 * @param isMoving whether the batch moves tags at all.
 */
export function insertDeliveries(
  db: Database,
  repositoryId: number | SQL<number>,
  tags: SQL,
  { event, now }: AllGiven<Occasion>,
  { digest, mediaType, size }: PushedManifest,
  isSame: (tag: SQL) => SQL,
  isMoving = sql`true`,
) {
  const tag = sql`(moved.value ->> 'tag')`;
  return db
    .insert(deliveries)
    .select(
      sql`SELECT NULL, lower(hex(randomblob(16))), ${triggers.id},
                 json_set(${event}, '$.tag', ${tag}, '$.digest', ${digest}, '$.mediaType', ${mediaType}, '$.size', ${size}),
                 ${tag}, ${digest}, 'pending', 0, ${now}, NULL, NULL, ${now}, NULL, NULL, NULL,
                 ${repositories.accountId}, ${repositories.organizationId}, 0
          FROM ${triggers} JOIN ${repositories} ON ${repositories.id} = ${triggers.repositoryId} JOIN json_each(${tags}) AS moved
          WHERE ${triggers.repositoryId} = ${repositoryId} AND ${triggers.isEnabled} = 1
            AND CASE ${triggers.conditionKind}
              WHEN 'tag' THEN instr(';' || ${triggers.condition} || ';', ';' || ${tag} || ';') > 0
              ELSE moved.value ->> 'isAnnounced' OR ${triggers.condition} = ${tag} END
            AND (${triggers.firesAlways} = 1 OR NOT ${isSame(tag)}) AND ${isMoving}`,
    )
    .returning({ id: deliveries.id, triggerId: deliveries.triggerId, tag: deliveries.tag });
}

/**
 * The statement right after {@link insertDeliveries} that refuses the whole batch if that has written more than one push may
 * set off: {@link isTooManyDeliveries} knows the failure.
 */
export function limitDeliveries(db: Database) {
  return db
    .update(deliveries)
    .set({ triggerId: sql`NULL` })
    .where(sql`changes() > ${MAX_DELIVERIES_PER_PUSH} AND ${deliveries.id} = last_insert_rowid()`);
}

/** Whether a batch failed because {@link limitDeliveries} refused it. */
export function isTooManyDeliveries(error: unknown): boolean {
  return isConstraintFailure(error, "NOT NULL constraint failed: deliveries.trigger_id");
}

/** A delivery that was written with a push. */
export interface OutboxEntry {
  id: number;
  triggerId: number;
  tag: Tag;
}

/**
 * Writes a delivery for one trigger, by hand: a test, or an old event once more.
 *
 * @param record who did that, for the audit.
 * @returns its id; undefined when the trigger is gone.
 */
export async function insertDelivery(
  db: Database,
  triggerId: number,
  event: PushEvent,
  record?: { actor: Actor; entry: AuditEntry },
): Promise<number | undefined> {
  const now = new Date();
  const insertion = db
    .insert(deliveries)
    .values({
      uid: sql`lower(hex(randomblob(16)))`,
      triggerId,
      event: JSON.stringify(event),
      tag: event.tag,
      digest: event.digest,
      status: "pending",
      nextAttemptAt: now,
      createdAt: now,
    })
    .returning({ id: deliveries.id });
  try {
    const [[row]] = await db.batch([insertion, ...(record ? [insertAudit(db, record.actor, record.entry)] : [])]);
    if (!row) throw new Error("no row came back for a delivery");
    return row.id;
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return undefined;
    throw error;
  }
}

/** Takes back deliveries whose trigger turned out not to want them. */
export async function deleteDeliveries(db: Database, ids: readonly number[]): Promise<void> {
  await db.delete(deliveries).where(sql`${deliveries.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/** How long a delivery whose host has no room waits before the next look: longer the longer it has waited. */
const MIN_WAIT_MS = 1000;

const MAX_WAIT_MS = 30_000;

/** What came of looking at a delivery: the caller is to try it, or it has to wait. */
export type Claim = { delivery: DeliveryRecord } | { dueAt: Date };

/**
 * Takes a delivery that is due, for so long that nobody else takes it meanwhile; should its process die, it is due again
 * after that. One that comes before its account's turn, or whose host has no room, stays in its row until then.
 *
 * @param outbound where it goes, and for which account.
 * @returns undefined when it is not due, or done, or somebody else is at it.
 */
export async function claimDelivery(
  db: Database,
  id: number,
  leaseMs: number,
  outbound: Outbound,
): Promise<Claim | undefined> {
  const [, , [delivery], , , [waiting]] = await db.batch(claimQueries(db, id, leaseMs, outbound));
  if (delivery) return { delivery };
  return waiting?.dueAt ? { dueAt: waiting.dueAt } : undefined;
}

function claimQueries(db: Database, id: number, leaseMs: number, outbound: Outbound) {
  const now = Date.now();
  const paces = pacesOf(outbound);
  const isFree = and(
    eq(deliveries.id, id),
    isNotNull(deliveries.nextAttemptAt),
    lte(deliveries.nextAttemptAt, new Date(now)),
    or(isNull(deliveries.leasedUntil), lte(deliveries.leasedUntil, new Date(now))),
  );
  const waited = sql`(${now} - ${deliveries.slotAt})`;
  return [
    // The account's turns are given out in advance: so each delivery comes back once, and in the order in which they came.
    db
      .update(deliveries)
      .set({ slotAt: sql`max(${now}, ${freeAt(paces.account)})` })
      .where(and(isFree, isNull(deliveries.slotAt))),
    spendIfChanged(db, paces.account, now),
    db
      .update(deliveries)
      .set({ leasedUntil: new Date(now + leaseMs), slotAt: null, ...outbound })
      .where(and(isFree, lte(deliveries.slotAt, new Date(now)), hasRoom(outbound, now)))
      .returning(),
    spendIfChanged(db, paces.host, now),
    spendIfChanged(db, paces.share, now, true),
    // What was not taken is still free.
    db
      .update(deliveries)
      .set({
        nextAttemptAt: sql`CASE WHEN ${deliveries.slotAt} > ${now} THEN ${deliveries.slotAt}
          ELSE ${now} + min(${MAX_WAIT_MS}, max(${MIN_WAIT_MS}, ${waited} / 2)) + abs(random() % ${MIN_WAIT_MS}) END`,
      })
      .where(isFree)
      .returning({ dueAt: deliveries.nextAttemptAt }),
  ] as const;
}

/** Whether the tag was pushed again since. A test delivers no push, and so overtakes none. */
export async function isOvertaken(db: Database, delivery: DeliveryRecord): Promise<boolean> {
  return (await newerQuery(db, delivery)).length > 0;
}

function newerQuery(db: Database, { id, triggerId, tag }: Pick<DeliveryRecord, "id" | "triggerId" | "tag">) {
  return db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.triggerId, triggerId),
        eq(deliveries.tag, tag),
        gt(deliveries.id, id),
        sql`${deliveries.event} ->> '$.isTest' IS NULL`,
      ),
    )
    .limit(1);
}

export interface Attempt {
  startedAt: Date;
  /** Milliseconds. */
  duration: number;
  outcome: Outcome;
}

/**
 * Records what came of a try, and ends the lease.
 *
 * @param next when it is due again; null when it is done.
 * @param isCounted whether it was a try of its own, or one more look at a rollout.
 */
export async function recordAttempt(
  db: Database,
  delivery: DeliveryRecord,
  { startedAt, duration, outcome }: Attempt,
  { status, next, isCounted }: { status: DeliveryStatus; next: Date | null; isCounted: boolean },
): Promise<void> {
  const number = delivery.attempts + (isCounted ? 1 : 0);
  const answer = "answer" in outcome ? outcome.answer : undefined;
  const detail = writeDetail(outcome.reasons);
  const values = { startedAt, duration, status: outcome.status, detail, answer: answer ?? null };
  await db.batch([
    db
      .insert(deliveryAttempts)
      .values({ deliveryId: delivery.id, number, ...values })
      .onConflictDoUpdate({
        target: [deliveryAttempts.deliveryId, deliveryAttempts.number],
        // The look at a rollout adds to the try that began it.
        set: {
          duration: sql`excluded.started_at + excluded.duration - ${deliveryAttempts.startedAt}`,
          detail,
        },
      }),
    db
      .update(deliveries)
      .set({
        status,
        attempts: number,
        nextAttemptAt: next,
        leasedUntil: null,
        detail,
        finishedAt: next === null ? new Date() : null,
      })
      .where(eq(deliveries.id, delivery.id)),
  ]);
}

/** Deliveries that have been due for a while without anybody taking them: their message was lost, or never sent. */
export async function listOverdue(db: Database, before: Date, limit: number): Promise<number[]> {
  const rows = await overdueQuery(db, before, limit);
  return rows.map(({ id }) => id);
}

function overdueQuery(db: Database, before: Date, limit: number) {
  return db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        isNotNull(deliveries.nextAttemptAt),
        lte(deliveries.nextAttemptAt, before),
        or(isNull(deliveries.leasedUntil), lte(deliveries.leasedUntil, new Date())),
      ),
    )
    .orderBy(asc(deliveries.nextAttemptAt))
    .limit(limit);
}
