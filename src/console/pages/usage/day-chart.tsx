import { useTranslation } from "react-i18next";
import { BarChart, Card, ErrorNotice, Skeleton } from "../../ui/index.ts";

/** One day of a chart. */
export interface ChartDay {
  /** `YYYY-MM-DD`, in UTC. */
  date: string;
  /** Null: nobody knows. */
  value: number | null;
}

export interface DayChartProps {
  title: string;
  /** What stands above the bars. */
  label: string;
  /** From the oldest to the newest; undefined until they are there. */
  days: readonly ChartDay[] | undefined;
  error: Error | null;
  onRetry: () => unknown;
  unit?: "number" | "bytes";
}

/** A card with a bar for each day. */
export function DayChart({ title, label, days, error, onRetry, unit = "number" }: DayChartProps) {
  const { i18n } = useTranslation();
  const format = new Intl.DateTimeFormat(i18n.language, { month: "short", day: "numeric", timeZone: "UTC" });
  return (
    <Card title={title}>
      {error ? (
        <ErrorNotice error={error} onRetry={onRetry} />
      ) : days ? (
        <BarChart
          label={label}
          points={days.map(({ date, value }) => ({ label: format.format(new Date(date)), value }))}
          unit={unit}
        />
      ) : (
        <Skeleton height="206px" />
      )}
    </Card>
  );
}
