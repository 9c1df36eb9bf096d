import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Overview } from "../../api/overview.ts";
import { formatBytes, formatNumber, Skeleton } from "../../ui/index.ts";
import styles from "./numbers.module.css";

/** The account's numbers, large; their places are there before they are known. */
export function Numbers({ overview }: { overview: Overview | undefined }) {
  const { t } = useTranslation("overview");
  return (
    <dl className={styles.numbers}>
      <Figure
        label={t("organizations")}
        href="/organizations"
        value={overview && formatNumber(overview.organizations)}
      />
      <Figure label={t("images")} href="/images" value={overview && formatNumber(overview.images)} />
      <Figure label={t("tags")} value={overview && formatNumber(overview.tags)} />
      <Figure label={t("stored")} value={overview && formatBytes(overview.storedBytes)} />
      <Figure label={t("pulled")} note={t("pulledNote")} value={overview && formatBytes(overview.pulledBytes)} />
    </dl>
  );
}

interface FigureProps {
  label: string;
  value: string | undefined;
  note?: string;
  href?: string;
}

function Figure({ label, value, note, href }: FigureProps) {
  const number: ReactNode = value ?? <Skeleton height="1.2em" />;
  return (
    <div className={styles.figure}>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.value}>
        {href !== undefined && value !== undefined ? (
          <Link href={href} className={styles.link}>
            {number}
          </Link>
        ) : (
          number
        )}
        {note && <span className={styles.note}>{note}</span>}
      </dd>
    </div>
  );
}
