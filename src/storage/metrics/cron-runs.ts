/** What came of the cron triggers. */
import { sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { cronRuns, deliveries, syncJobs } from "../schema.ts";

export type CronName = (typeof cronRuns.$inferSelect)["name"];
export type CronRecord = typeof cronRuns.$inferSelect;

/** Records a run. @param duration in milliseconds. */
export async function recordCronRun(
  db: Database,
  name: CronName,
  { startedAt, duration, hasFailed }: { startedAt: Date; duration: number; hasFailed: boolean },
): Promise<void> {
  const succeededAt = hasFailed ? null : startedAt;
  await db
    .insert(cronRuns)
    .values({ name, runs: 1, failures: hasFailed ? 1 : 0, startedAt, succeededAt, duration })
    .onConflictDoUpdate({
      target: cronRuns.name,
      set: {
        runs: sql`${cronRuns.runs} + 1`,
        failures: sql`${cronRuns.failures} + excluded.failures`,
        startedAt: sql`excluded.started_at`,
        succeededAt: sql`ifnull(excluded.succeeded_at, ${cronRuns.succeededAt})`,
        duration: sql`excluded.duration`,
      },
    });
}

/** What work that goes on by itself looks like. */
export interface Background {
  crons: CronRecord[];
  /** When the oldest delivery, and the oldest job of synchronization, was due that is due; null when none is. */
  deliveryDueAt: Date | null;
  syncJobDueAt: Date | null;
}

/** Reads at most four rows: one query of each of three indexes, in one batch. */
export async function readBackground(db: Database): Promise<Background> {
  const [crons, [delivery], [job]] = await db.batch([
    db.select().from(cronRuns),
    db
      .select({ dueAt: deliveries.nextAttemptAt })
      .from(deliveries)
      .where(sql`${deliveries.nextAttemptAt} IS NOT NULL`)
      .orderBy(deliveries.nextAttemptAt)
      .limit(1),
    db
      .select({ dueAt: syncJobs.nextAttemptAt })
      .from(syncJobs)
      .where(sql`${syncJobs.nextAttemptAt} IS NOT NULL`)
      .orderBy(syncJobs.nextAttemptAt)
      .limit(1),
  ]);
  return { crons, deliveryDueAt: delivery?.dueAt ?? null, syncJobDueAt: job?.dueAt ?? null };
}
