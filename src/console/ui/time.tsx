import { useEffect, useReducer } from "react";
import { useTranslation } from "react-i18next";
import { formatDate, formatRelative } from "./format.ts";
import styles from "./values.module.css";

export interface TimeProps {
  /** RFC 3339, or a Date. Nothing is shown as "never". */
  value: string | Date | undefined | null;
  /** "3 hours ago" with the date in the tooltip (the default), or the date itself. */
  relative?: boolean;
}

/** How often "3 minutes ago" is counted anew. */
const TICK_MS = 60_000;

/** A moment, in the reader's language and time zone. */
export function Time({ value, relative = true }: TimeProps) {
  const { t } = useTranslation("kit");
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!relative) return undefined;
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [relative]);

  const date = value === undefined || value === null ? undefined : new Date(value);
  if (!date || Number.isNaN(date.getTime())) return <span className={styles.muted}>{t("never")}</span>;
  return (
    <time dateTime={date.toISOString()} title={formatDate(date, "full")} className={styles.value}>
      {relative ? formatRelative(date) : formatDate(date)}
    </time>
  );
}
