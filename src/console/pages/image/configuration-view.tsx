import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Configuration, Manifest } from "../../api/image-manifests.ts";
import { Card, type DescriptionItem, DescriptionList, Empty, Marked, Notice, Table, Time } from "../../ui/index.ts";
import { currentLanguage } from "../../ui/format.ts";
import { formatArguments, splitEnv } from "./comparison.ts";
import { formatSystem } from "./platforms.ts";
import styles from "./tag-page.module.css";

/** How an image runs: what its configuration says, and what it is labelled with. */
export function ConfigurationView({ manifest }: { manifest: Manifest }) {
  const { t } = useTranslation("image");
  const { config, configProblem, annotations } = manifest;
  return (
    <div className={styles.view}>
      {configProblem !== null && <Notice tone="warning">{t(`configProblem_${problemKey(configProblem)}`)}</Notice>}
      {config === null && configProblem === null && annotations === null && <Empty title={t("noConfiguration")} />}
      {config && <Execution config={config} />}
      {config && (
        <ValueTable
          title={t("environment")}
          nameLabel={t("variable")}
          values={(config.env ?? []).map(splitEnv)}
          emptyText={t("noEnvironment")}
        />
      )}
      {config && (
        <ValueTable
          title={t("labels")}
          nameLabel={t("label")}
          values={Object.entries(config.labels ?? {})}
          emptyText={t("noLabels")}
        />
      )}
      {config?.other && (
        <ValueTable title={t("otherFields")} nameLabel={t("field")} values={Object.entries(config.other)} />
      )}
      {annotations && (
        <ValueTable title={t("annotations")} nameLabel={t("annotation")} values={Object.entries(annotations)} />
      )}
    </div>
  );
}

function problemKey(problem: NonNullable<Manifest["configProblem"]>): "large" | "json" | "missing" {
  switch (problem) {
    case "too large":
      return "large";
    case "not JSON":
      return "json";
    case "not available":
      return "missing";
    default:
      return problem satisfies never;
  }
}

function code(value: string | null | undefined): ReactNode {
  if (!value) return <span className={styles.none}>—</span>;
  return (
    <code className={styles.code} dir="ltr">
      <Marked text={value} />
    </code>
  );
}

function Execution({ config }: { config: Configuration }) {
  const { t } = useTranslation("image");
  const { os, architecture, variant, osVersion } = config;
  const items: DescriptionItem[] = [
    { term: t("entrypoint"), value: code(config.entrypoint && formatArguments(config.entrypoint)) },
    { term: t("cmd"), value: code(config.cmd && formatArguments(config.cmd)) },
    { term: t("workingDir"), value: code(config.workingDir) },
    { term: t("user"), value: code(config.user) },
    { term: t("ports"), value: code(config.exposedPorts?.join(", ")) },
    { term: t("volumes"), value: code(config.volumes?.join(", ")) },
    { term: t("stopSignal"), value: code(config.stopSignal) },
    ...useRareItems(config),
    {
      term: t("platform"),
      value: code(os && architecture && formatSystem({ os, architecture, variant, osVersion })),
    },
    { term: t("author"), value: code(config.author) },
    {
      term: t("built"),
      value: config.created ? <Time value={config.created} relative={false} /> : code(null),
    },
  ];
  return (
    <Card title={t("execution")}>
      <DescriptionList items={items} />
    </Card>
  );
}

/** What few images have: only what is there. */
function useRareItems({ stopTimeout, healthcheck, shell, onBuild }: Configuration): DescriptionItem[] {
  const { t } = useTranslation("image");
  const items: DescriptionItem[] = [];
  if (stopTimeout !== null) items.push({ term: t("stopTimeout"), value: formatSeconds(stopTimeout) });
  if (healthcheck) items.push({ term: t("healthcheck"), value: <HealthcheckValue healthcheck={healthcheck} /> });
  if (shell) items.push({ term: t("shell"), value: code(formatArguments(shell)) });
  if (onBuild) items.push({ term: t("onBuild"), value: onBuild.map((line, at) => <div key={at}>{code(line)}</div>) });
  return items;
}

const NANOSECONDS = 1e9;

/** The command, and how often, how long and how many times. Zero is docker's own value, as if nothing were said. */
function HealthcheckValue({ healthcheck }: { healthcheck: NonNullable<Configuration["healthcheck"]> }) {
  const { t } = useTranslation("image");
  const { test, interval, timeout, startPeriod, startInterval, retries } = healthcheck;
  const times = { interval, timeout, startPeriod, startInterval };
  const facts = [
    ...Object.entries(times).flatMap(([name, value]) =>
      value ? [t(`health_${name as keyof typeof times}`, { time: formatSeconds(value / NANOSECONDS) })] : [],
    ),
    ...(retries ? [t("health_retries", { count: retries })] : []),
  ];
  const [kind, ...command] = test ?? [];
  return (
    <>
      {kind === "NONE"
        ? t("health_none")
        : code(kind === "CMD-SHELL" ? command.join(" ") : formatArguments(kind === "CMD" ? command : (test ?? [])))}
      {facts.length > 0 && <div className={styles.none}>{facts.join(t("listSeparator"))}</div>}
    </>
  );
}

function formatSeconds(seconds: number): string {
  const unit = { style: "unit", unit: "second", maximumFractionDigits: 3 } as const;
  return new Intl.NumberFormat(currentLanguage(), unit).format(seconds);
}

interface ValueTableProps {
  title: string;
  /** What the names are. */
  nameLabel: string;
  values: readonly (readonly [name: string, value: string])[];
  /** Said where there are none. */
  emptyText?: string;
}

/** Names and their values: variables, labels, annotations. */
function ValueTable({ title, nameLabel, values, emptyText }: ValueTableProps) {
  const { t } = useTranslation("image");
  return (
    <Card title={title} isFlush>
      <Table
        label={title}
        columns={[
          {
            id: "name",
            header: nameLabel,
            width: "34%",
            isRowHeader: true,
            cell: ([name]) => (
              <code className={styles.text} dir="ltr">
                <Marked text={name} />
              </code>
            ),
            value: ([name]) => name,
          },
          {
            id: "value",
            header: t("value"),
            cell: ([, value]) => (
              <code className={styles.text} dir="ltr">
                <Marked text={value} />
              </code>
            ),
            value: ([, value]) => value,
          },
        ]}
        rows={values}
        rowKey={([name]) => name}
        emptyState={<p className={styles.noValues}>{emptyText}</p>}
      />
    </Card>
  );
}
