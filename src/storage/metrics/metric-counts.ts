/** What isolates have counted for `/metrics`, a row for each isolate (ADR 44). */
import { sql } from "drizzle-orm";
import type { SeriesCounts } from "../../model/metrics/counts.ts";
import type { Database } from "../database.ts";
import { metricCounts } from "../schema.ts";

/** Rows that are older than this are added up, and belong to no isolate any more. */
export const ENDED_MS = 10 * 60_000;
/** The id of the row that has what was added up. */
const ENDED = "";

/**
 * Writes down all that an isolate has counted under an id, in place of what it wrote before: a repetition changes nothing. One row.
 *
 * @param isolate a random id, good for half of {@link ENDED_MS} after the last time that it was written.
 */
export async function saveCounts(db: Database, isolate: string, counts: SeriesCounts, now: Date): Promise<void> {
  const row = { counts: JSON.stringify(counts), writtenAt: now };
  await db
    .insert(metricCounts)
    .values({ isolate, ...row })
    .onConflictDoUpdate({ target: metricCounts.isolate, set: row });
}

/** Adds up the rows of isolates that have written nothing for a while, so that few rows are read. */
export async function foldCounts(db: Database, now: Date): Promise<void> {
  const before = now.getTime() - ENDED_MS;
  const isEnded = sql`${metricCounts.isolate} <> ${ENDED} AND ${metricCounts.writtenAt} < ${before}`;
  const sums = sql`
    SELECT each.key AS series, sum(each.value) AS total FROM ${metricCounts}, json_each(${metricCounts.counts}) AS each
    WHERE (${metricCounts.isolate} = ${ENDED} OR ${isEnded}) AND EXISTS (SELECT 1 FROM ${metricCounts} WHERE ${isEnded})
    GROUP BY 1`;
  await db.batch([
    db
      .insert(metricCounts)
      // Without rows there is no sum, which would take the place of what is there.
      .select(
        sql`SELECT ${ENDED}, json_group_object(series, total), ${now.getTime()} FROM (${sums}) WHERE true HAVING count(*) > 0`,
      )
      .onConflictDoUpdate({
        target: metricCounts.isolate,
        set: { counts: sql`excluded.counts`, writtenAt: sql`excluded.written_at` },
      }),
    db.delete(metricCounts).where(isEnded),
  ]);
}

/** All that was counted, added up: of a read of the primary, since a copy that lags behind would have counters go back. */
export async function readCounts(db: Database): Promise<SeriesCounts> {
  const rows = await db.all<{ series: string; total: number }>(sql`
    SELECT each.key AS series, sum(each.value) AS total FROM ${metricCounts}, json_each(${metricCounts.counts}) AS each
    GROUP BY 1 ORDER BY 1`);
  return Object.fromEntries(rows.map(({ series, total }) => [series, total]));
}
