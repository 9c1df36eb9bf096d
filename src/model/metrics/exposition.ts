/** Metrics in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import { BEYOND, type SeriesCounts, SUM } from "./counts.ts";
import { DURATION_BUCKETS_S, type Measured, type MetricName, METRICS } from "./metrics.ts";

/** What an answer in this format has as its `Content-Type`. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Writes metrics down. What an older or newer version has counted and this one does not know is left out.
 *
 * @param counted by series, as `Counts` has them.
 */
export function renderMetrics(counted: SeriesCounts, measured: readonly Measured[]): string {
  const lines = new Map<string, string[]>();
  const add = (name: string, line: string) => {
    const known = lines.get(name);
    if (known) known.push(line);
    else lines.set(name, [line]);
  };
  const durations = new Map<string, Map<string, number>>();
  for (const [key, value] of Object.entries(counted)) {
    const [name = "", ...values] = key.split("|");
    if (!isMetric(name)) continue;
    const { type, labels } = METRICS[name];
    if (type === "histogram") {
      const [api = "", bucket = ""] = values;
      const buckets = durations.get(api) ?? new Map<string, number>();
      durations.set(api, buckets.set(bucket, value));
    } else if (labels.length === values.length) add(name, `${name}${labelled(labels, values)} ${value}`);
  }
  for (const [api, buckets] of durations) {
    const name = "berth_request_duration_seconds";
    for (const line of histogram(name, api, buckets)) add(name, line);
  }
  for (const { name, labels, value } of measured) {
    add(name, `${name}${labelled(METRICS[name].labels, labels)} ${value}`);
  }
  return Object.entries(METRICS)
    .flatMap(([name, { type, help }]) => {
      const series = lines.get(name);
      return series ? [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...series] : [];
    })
    .map((line) => `${line}\n`)
    .join("");
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Each bucket has what those before it have as well. */
function histogram(name: string, api: string, buckets: ReadonlyMap<string, number>): string[] {
  let count = 0;
  const bounds = [...DURATION_BUCKETS_S.map(String), BEYOND].map((bound) => {
    count += buckets.get(bound) ?? 0;
    return `${name}_bucket${labelled(["api", "le"], [api, bound])} ${count}`;
  });
  const labels = labelled(["api"], [api]);
  return [...bounds, `${name}_sum${labels} ${buckets.get(SUM) ?? 0}`, `${name}_count${labels} ${count}`];
}

function labelled(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return "";
  return `{${names.map((name, at) => `${name}="${escapeValue(values[at] ?? "")}"`).join(",")}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
