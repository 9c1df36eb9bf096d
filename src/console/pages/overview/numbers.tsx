import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { components } from "../../api/schema.d.ts";
import { formatBytes, formatNumber, Skeleton } from "../../ui/index.ts";
import styles from "./numbers.module.css";

/** The account's numbers, large; their places are there before they are known. */
export function Numbers({ overview }: { overview: components["schemas"]["Overview"] | undefined }) {
  const { t } = useTranslation("overview");
  return (
    <dl className={styles.numbers}>
      <Figure
        label={t("organizations")}
        href="/organizations"
        value={overview && formatNumber(overview.namspace_num)}
      />
      <Figure label={t("images")} href="/images" value={overview && formatNumber(overview.repo_num)} />
      <Figure label={t("tags")} value={overview && formatNumber(overview.image_num)} />
      <Figure label={t("stored")} value={overview && formatBytes(overview.store_space)} />
      <Figure label={t("pulled")} note={t("pulledNote")} value={overview && formatBytes(overview.downflow_size)} />
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
