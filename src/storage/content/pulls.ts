import { type SQL, sql } from "drizzle-orm";
import type { Day } from "../../kernel/day.ts";
import type { Database } from "../database.ts";
import { TOUCH_INTERVAL_MS } from "./find-manifest.ts";
import { dailyPulls, manifests, repositories } from "../schema.ts";

/** What was pulled from a repository on one day. */
export interface RepositoryPulls {
  accountId: number;
  repositoryId: number;
  day: Day;
  pulls: number;
  bytes: number;
}

export interface ManifestPull {
  manifestId: number;
  /** Milliseconds since 1970. */
  pulledAt: number;
}

/**
 * Adds pulls to what is counted already, for any number of repositories in one batch of three statements. What was
 * deleted meanwhile stays in the account's daily numbers only.
 */
export async function addPulls(
  db: Database,
  pulled: readonly RepositoryPulls[],
  manifestPulls: readonly ManifestPull[],
): Promise<void> {
  const rows = each(pulled);
  await db.batch([
    // A repository may be there for two days, and an update takes one of its rows only.
    db
      .update(repositories)
      .set({ pullCount: sql`${repositories.pullCount} + pulled.pulls` })
      .from(
        sql`(SELECT value ->> 'repositoryId' AS id, sum(value ->> 'pulls') AS pulls FROM ${rows} GROUP BY 1) AS pulled`,
      )
      .where(sql`${repositories.id} = pulled.id AND pulled.pulls > 0`),
    db
      .update(manifests)
      .set({
        lastPulledAt: sql`max(ifnull(${manifests.lastPulledAt}, 0), pulled.value ->> 'pulledAt')`,
        // Who pulls a manifest that nothing needs has its grace period begin anew. One that came from a cache has not been asked
        // for here before (ADR 24).
        unreferencedSince: sql`CASE
          WHEN ${manifests.unreferencedSince} > 0 AND ${manifests.unreferencedSince} < pulled.value ->> 'pulledAt' - ${TOUCH_INTERVAL_MS}
          THEN pulled.value ->> 'pulledAt' ELSE ${manifests.unreferencedSince} END`,
      })
      .from(sql`${each(manifestPulls)} AS pulled`)
      .where(sql`${manifests.id} = pulled.value ->> 'manifestId'`),
    db
      .insert(dailyPulls)
      .select(
        sql`SELECT value ->> 'accountId', value ->> 'day', value ->> 'repositoryId', value ->> 'pulls', value ->> 'bytes'
            FROM ${rows} WHERE true`,
      )
      .onConflictDoUpdate({
        target: [dailyPulls.accountId, dailyPulls.day, dailyPulls.repositoryId],
        set: { pulls: sql`${dailyPulls.pulls} + excluded.pulls`, bytes: sql`${dailyPulls.bytes} + excluded.bytes` },
      }),
  ]);
}

function each(rows: readonly object[]): SQL {
  return sql`json_each(${JSON.stringify(rows)})`;
}
