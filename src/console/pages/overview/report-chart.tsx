import { useTranslation } from "react-i18next";
import { useReport } from "../../api/overview.ts";
import { BarChart, Card, ErrorNotice, Skeleton } from "../../ui/index.ts";

/** Bytes per day: what was pulled, or what was stored. */
export function ReportChart({ of }: { of: "pulled" | "stored" }) {
  const { t, i18n } = useTranslation("overview");
  const day = new Intl.DateTimeFormat(i18n.language, { month: "short", day: "numeric", timeZone: "UTC" });
  const report = useReport(of);
  return (
    <Card title={t(of === "pulled" ? "pulledChart" : "storedChart")}>
      {report.isError ? (
        <ErrorNotice error={report.error} onRetry={() => void report.refetch()} />
      ) : report.data ? (
        <BarChart
          label={t("perDay")}
          points={report.data.map(({ date, bytes }) => ({ label: day.format(new Date(date)), value: bytes }))}
          unit="bytes"
        />
      ) : (
        <Skeleton height="206px" />
      )}
    </Card>
  );
}
