import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type CsvColumn, TableDownload } from "../../ui/index.ts";
import { Segments } from "../image/segments.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { DayChart } from "./day-chart.tsx";
import styles from "./usage.module.css";

/** One day of an image or organization: pulls are counted of images only. */
export interface UsageDay {
  date: string;
  storedBytes: number | null;
  tags: number | null;
  pulls?: number;
  pulledBytes: number;
}

/** How many days are shown. */
const PERIODS = ["30", "90", "365"] as const;
const DEFAULT_PERIOD = "90";

/** What is drawn of each day, in this order. */
const CHARTS = [
  { of: "storedBytes", title: "stored", label: "atEnd", unit: "bytes" },
  { of: "pulledBytes", title: "pulledBytes", label: "perDay", unit: "bytes" },
  { of: "tags", title: "tags", label: "atEnd", unit: "number" },
  { of: "pulls", title: "pulls", label: "perDay", unit: "number" },
] as const;

/** The period that is chosen in the address, `?days=30`, `90` or `365`, and what changes it. */
function usePeriod() {
  const [params, change] = useListParams(["days"]);
  const period = oneOf(params.days, PERIODS) ?? DEFAULT_PERIOD;
  const setPeriod = (value: (typeof PERIODS)[number]) => change({ days: value === DEFAULT_PERIOD ? undefined : value });
  return { period, setPeriod };
}

/** How many days the page shows of its usage. */
export function useShownDays(): number {
  return Number(usePeriod().period);
}

export interface UsageByDayProps {
  /** So many days as {@link useShownDays} says. */
  usage: Pick<UseQueryResult<readonly UsageDay[]>, "data" | "error" | "refetch">;
  /** Whether pulls are counted. */
  hasPulls: boolean;
}

/** What an image or organization took up on each of the last days, and what was pulled. */
export function UsageByDay({ usage: { data, error, refetch }, hasPulls }: UsageByDayProps) {
  const { t } = useTranslation("usage");
  const { period, setPeriod } = usePeriod();
  const charts = CHARTS.filter(({ of }) => hasPulls || of !== "pulls");
  const date: CsvColumn<UsageDay> = { header: t("date"), value: (day) => day.date };
  const columnOf = ({ of, title }: (typeof CHARTS)[number]): CsvColumn<UsageDay> => ({
    header: t(title),
    value: (day) => day[of],
  });
  return (
    <section className={styles.usage} aria-label={t("title")}>
      <div className={styles.tools}>
        <Segments
          label={t("period")}
          options={PERIODS.map((value) => ({ value, label: t("days", { count: Number(value) }) }))}
          value={period}
          onChange={setPeriod}
        />
        {data && data.length > 0 && (
          <TableDownload label={t("title")} columns={[date, ...charts.map(columnOf)]} readAll={() => [data]} />
        )}
      </div>
      <div className={styles.charts}>
        {charts.map(({ of, title, label, unit }) => (
          <DayChart
            key={of}
            title={t(title)}
            label={t(label)}
            unit={unit}
            days={data?.map((day) => ({ date: day.date, value: day[of] ?? null }))}
            error={error}
            onRetry={refetch}
          />
        ))}
      </div>
    </section>
  );
}
