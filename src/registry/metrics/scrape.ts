/** `/metrics`: what isolates have counted, and what the database says, for who knows METRICS_TOKEN. */
import { RegistryError } from "../../kernel/errors.ts";
import { VERSION } from "../../kernel/version.ts";
import { isSameText } from "../../model/compare.ts";
import { renderMetrics } from "../../model/metrics/exposition.ts";
import { type Measured, measured } from "../../model/metrics/metrics.ts";
import { type Background, readBackground } from "../../storage/metrics/cron-runs.ts";
import { type Gauges, readGauges } from "../../storage/metrics/gauges.ts";
import { readCounts } from "../../storage/metrics/metric-counts.ts";
import type { Stores } from "../../storage/stores.ts";
import { countFailure, refuseBlocked } from "../logins/login-limits.ts";
import { writeCounts } from "./counting.ts";

/**
 * Lets a reader of the metrics pass. Wrong tokens count against their network as wrong passwords do.
 *
 * @param token that the request brings, if any.
 * @returns false where the operator has set no METRICS_TOKEN, so that there are no metrics.
 * @throws RegistryError UNAUTHORIZED; TOO_MANY_REQUESTS, also for the right token, to a network that has guessed too often.
 */
export async function admitReader(
  stores: Stores,
  token: string | undefined,
  address: string | undefined,
): Promise<boolean> {
  const expected = stores.secrets.metrics;
  if (expected === undefined) return false;
  const attempt = { name: "", password: "", address };
  await refuseBlocked(attempt);
  if (token !== undefined && isSameText(token, expected)) return true;
  if (token !== undefined) await countFailure(stores, attempt);
  throw new RegistryError("UNAUTHORIZED", "the metrics take the METRICS_TOKEN of the registry");
}

/**
 * All metrics, in Prometheus' text format. It takes three round trips to the database, whatever the registry holds, and reads a bounded
 * number of rows.
 */
export async function readMetrics(stores: Stores): Promise<string> {
  // Of the isolate that answers, nothing is missing.
  await writeCounts(stores);
  const [counted, background, gauges] = await Promise.all([
    readCounts(stores.db),
    readBackground(stores.db),
    readGauges(stores.db),
  ]);
  const now = Date.now();
  return renderMetrics(counted, [...ofClock(background, now), ...ofGauges(gauges, now)]);
}

function ofClock({ crons, deliveryDueAt, syncJobDueAt }: Background, now: number): Measured[] {
  return [
    measured("berth_build_info", 1, VERSION),
    ...crons.flatMap(({ name, runs, failures, succeededAt, duration }) => [
      measured("berth_cron_runs_total", runs, name),
      measured("berth_cron_failures_total", failures, name),
      measured("berth_cron_last_duration_seconds", duration / 1000, name),
      ...(succeededAt === null
        ? []
        : [measured("berth_cron_last_success_timestamp_seconds", succeededAt.getTime() / 1000, name)]),
    ]),
    measured("berth_deliveries_overdue_seconds", secondsSince(deliveryDueAt, now)),
    measured("berth_sync_jobs_overdue_seconds", secondsSince(syncJobDueAt, now)),
  ];
}

/** 0 for what is not there, or is yet to come. */
function secondsSince(at: Date | null, now: number): number {
  return at === null ? 0 : Math.max(0, (now - at.getTime()) / 1000);
}

/** The states of what is not at its end: a series that is 0 is better than one that is not there. */
const DELIVERY_STATES = ["pending", "rolling"] as const;
const SYNC_STATES = ["waiting", "running"] as const;

function countOf(rows: readonly { status: string; count: number }[], state: string): number {
  return rows.find(({ status }) => status === state)?.count ?? 0;
}

function ofGauges(gauges: Gauges, now: number): Measured[] {
  const { openUploads, deliveries, syncJobs, quotas, totals, reclaimableBytes } = gauges;
  return [
    measured("berth_open_uploads", openUploads.count),
    measured("berth_open_uploads_oldest_seconds", secondsSince(openUploads.oldestSeenAt, now)),
    ...DELIVERY_STATES.map((state) => measured("berth_deliveries", countOf(deliveries, state), state)),
    measured("berth_failing_triggers", gauges.failingTriggers),
    ...SYNC_STATES.map((state) => measured("berth_sync_jobs", countOf(syncJobs, state), state)),
    measured("berth_deletions_pending", gauges.deletions),
    ...quotas.flatMap(({ organization, resource, used, limit }) => [
      measured("berth_quota_used", used, organization, resource),
      ...(limit === null ? [] : [measured("berth_quota_limit", limit, organization, resource)]),
    ]),
    ...(totals === undefined ? [] : ofTotals(totals)),
    ...(reclaimableBytes === undefined ? [] : [measured("berth_reclaimable_bytes", reclaimableBytes)]),
  ];
}

function ofTotals({ numbers, measuredAt }: NonNullable<Gauges["totals"]>): Measured[] {
  return [
    measured("berth_stored_bytes", numbers.storedBytes),
    measured("berth_manifest_bytes", numbers.manifestBytes),
    measured("berth_images", numbers.images),
    measured("berth_tags", numbers.tags),
    measured("berth_totals_timestamp_seconds", measuredAt.getTime() / 1000),
  ];
}
