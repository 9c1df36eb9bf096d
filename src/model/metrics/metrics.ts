/**
 * What `/metrics` tells (docs/monitoring.md): the name, kind, labels and help of each metric. Labels have few values, which no client
 * chooses: each series takes room in the memory of isolates, in the database and in Prometheus.
 */

/** What the requests of a metric are asked of. */
export type ApiName = "api" | "console" | "iam" | "oci" | "operations" | "swr" | "token";

interface Metric {
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
}

/** Counted in the memory of isolates, and added up in the database. */
const COUNTED = {
  berth_requests_total: {
    type: "counter",
    help: "Answered requests.",
    labels: ["api", "method", "status"],
  },
  berth_request_errors_total: {
    type: "counter",
    help: "Refusals and failures, by the code of the error.",
    labels: ["api", "code"],
  },
  berth_request_duration_seconds: {
    type: "histogram",
    help: "Time from the request to the head of its answer.",
    labels: ["api"],
  },
  berth_received_bytes_total: {
    type: "counter",
    help: "Bytes of request bodies, as far as their requests named a length.",
    labels: ["api"],
  },
  berth_sent_bytes_total: {
    type: "counter",
    help: "Bytes of answers, as far as their length was known at the head.",
    labels: ["api"],
  },
  berth_pulls_total: { type: "counter", help: "Pulls of images, as the images count them.", labels: [] },
  berth_pulled_bytes_total: { type: "counter", help: "Bytes of pulled manifests and blobs.", labels: [] },
  berth_pushes_total: { type: "counter", help: "Manifests that were pushed.", labels: [] },
  berth_pushed_bytes_total: {
    type: "counter",
    help: "Bytes of pushed manifests and of uploaded blobs.",
    labels: [],
  },
  berth_content_lookups_total: {
    type: "counter",
    help: "Content by digest that was looked for near the client, and where it was found.",
    labels: ["kind", "result"],
  },
  berth_deliveries_finished_total: {
    type: "counter",
    help: "Deliveries of triggers that came to an end.",
    labels: ["result"],
  },
  berth_sync_jobs_finished_total: {
    type: "counter",
    help: "Jobs of synchronization that came to an end.",
    labels: ["result"],
  },
} as const satisfies Record<string, Metric>;

/** Read from the database when somebody asks. */
const MEASURED = {
  berth_build_info: { type: "gauge", help: "The version that answers.", labels: ["version"] },
  berth_cron_runs_total: { type: "counter", help: "Runs of each cron trigger.", labels: ["cron"] },
  berth_cron_failures_total: { type: "counter", help: "Runs in which something failed.", labels: ["cron"] },
  berth_cron_last_success_timestamp_seconds: {
    type: "gauge",
    help: "When a run in which nothing failed began last.",
    labels: ["cron"],
  },
  berth_cron_last_duration_seconds: { type: "gauge", help: "How long the last run took.", labels: ["cron"] },
  berth_open_uploads: { type: "gauge", help: "Uploads in chunks that are open, up to 1000.", labels: [] },
  berth_open_uploads_oldest_seconds: {
    type: "gauge",
    help: "How long ago the open upload was seen that was not seen for longest, to within a day.",
    labels: [],
  },
  berth_deliveries: { type: "gauge", help: "Deliveries that are not at their end, up to 1000.", labels: ["status"] },
  berth_deliveries_overdue_seconds: {
    type: "gauge",
    help: "For how long the oldest delivery that is due has been due.",
    labels: [],
  },
  berth_failing_triggers: { type: "gauge", help: "Triggers whose last delivery failed, up to 1000.", labels: [] },
  berth_sync_jobs: {
    type: "gauge",
    help: "Jobs of synchronization that are not at their end, up to 1000.",
    labels: ["status"],
  },
  berth_sync_jobs_overdue_seconds: {
    type: "gauge",
    help: "For how long the oldest job of synchronization that is due has been due.",
    labels: [],
  },
  berth_deletions_pending: {
    type: "gauge",
    help: "Large deletions that the clock is still at, up to 1000.",
    labels: [],
  },
  berth_stored_bytes: {
    type: "gauge",
    help: "Bytes of all blobs, each counted once in each organization.",
    labels: [],
  },
  berth_manifest_bytes: { type: "gauge", help: "Bytes of all manifests.", labels: [] },
  berth_images: { type: "gauge", help: "Images of all accounts.", labels: [] },
  berth_tags: { type: "gauge", help: "Tags of all accounts, those of signatures included.", labels: [] },
  berth_totals_timestamp_seconds: {
    type: "gauge",
    help: "When the bytes, images and tags of all accounts were added up.",
    labels: [],
  },
  berth_reclaimable_bytes: {
    type: "gauge",
    help: "Bytes that nothing needs, also within their grace period, as of the last hourly run.",
    labels: [],
  },
  berth_quota_used: {
    type: "gauge",
    help: "What organizations with a limit of their own use of it: at most 100 of them.",
    labels: ["organization", "resource"],
  },
  berth_quota_limit: {
    type: "gauge",
    help: "The limit. Organizations without one of their own are not listed.",
    labels: ["organization", "resource"],
  },
} as const satisfies Record<string, Metric>;

export const METRICS = { ...COUNTED, ...MEASURED };
export type MetricName = keyof typeof METRICS;
export type CountedName = Exclude<keyof typeof COUNTED, "berth_request_duration_seconds">;
export type MeasuredName = keyof typeof MEASURED;

/** Upper bounds of the histogram's buckets, in seconds. */
export const DURATION_BUCKETS_S = [0.025, 0.1, 0.5, 2.5, 10] as const;

type TextOfEach<Names extends readonly string[]> = { readonly [At in keyof Names]: string };
/** The values of a metric's labels, in the order of their names. */
export type LabelValues<N extends MetricName> = TextOfEach<(typeof METRICS)[N]["labels"]>;

/** One number of a metric that is read when somebody asks. */
export interface Measured {
  name: MeasuredName;
  labels: readonly string[];
  value: number;
}

/** The number of a metric, with the values of its labels. */
export function measured<N extends MeasuredName>(name: N, value: number, ...labels: LabelValues<N>): Measured {
  return { name, labels, value };
}
