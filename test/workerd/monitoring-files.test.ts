/** The dashboard, the alert rules and docs/monitoring.md name metrics that there are, with labels that they have. */
import { it } from "vitest";
import dashboard from "../../docs/grafana/berth.json" with { type: "json" };
import alerts from "../../docs/grafana/alerts.yml?raw";
import monitoring from "../../docs/monitoring.md?raw";
import { METRICS } from "../../src/model/metrics/metrics.ts";

/** Each series that metrics have in an answer, with its labels. */
const SERIES = new Map<string, readonly string[]>(
  Object.entries(METRICS).flatMap(([name, { type, labels }]): [string, readonly string[]][] =>
    type === "histogram"
      ? [
          [`${name}_bucket`, [...labels, "le"]],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
);

const EXPRESSIONS = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...alerts.split("- alert: ").flatMap((rule, at) => {
    const [, expression = ""] = /expr: (?:\|\n)?([^]*?)\n\s+for:/.exec(rule) ?? [];
    return at === 0 ? [] : [[rule.split("\n", 1)[0] ?? "", expression] as const];
  }),
];

it("has expressions of both", ({ expect }) => {
  expect(EXPRESSIONS.length).toBeGreaterThan(40);
  expect(EXPRESSIONS.filter(([, expression]) => !/berth_|up\{/.test(expression))).toEqual([]);
});

it.for(EXPRESSIONS)("%s asks for what there is: %s", ([, expression], { expect }) => {
  const names = expression.match(/berth_\w+/g) ?? [];
  expect(names.filter((name) => !SERIES.has(name))).toEqual([]);
  const labelled = [...expression.matchAll(/(berth_\w+)\{([^}]*)\}/g)];
  const strange = labelled.flatMap(([, name = "", labels = ""]) =>
    [...labels.matchAll(/(\w+)=/g)].flatMap(([, label = ""]) =>
      SERIES.get(name)?.includes(label) ? [] : [`${name}: ${label}`],
    ),
  );
  expect(strange).toEqual([]);
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/, */));
  const known = new Set(names.flatMap((name) => SERIES.get(name) ?? []));
  expect(grouped.filter((label) => !known.has(label))).toEqual([]);
});

it("explains every metric", ({ expect }) => {
  const missing = Object.keys(METRICS).filter((name) => !monitoring.includes(`\`${name}\``));
  // Named by its end, beside the one before it.
  expect(missing).toEqual(["berth_cron_last_duration_seconds"]);
  const named = monitoring.match(/berth_\w+/g) ?? [];
  expect(named.filter((name) => !(name in METRICS))).toEqual([]);
});

it("tells of no metric that nothing draws or watches, but for those that explain others", ({ expect }) => {
  const used = EXPRESSIONS.map(([, expression]) => expression).join("\n");
  const unused = Object.keys(METRICS).filter((name) => !used.includes(name));
  expect(unused).toEqual(["berth_cron_runs_total", "berth_totals_timestamp_seconds"]);
});
