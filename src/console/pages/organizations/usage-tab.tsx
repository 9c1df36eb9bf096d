import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Organization, useOrganizationUsage } from "../../api/organizations.ts";
import { Card, ErrorNotice, formatBytes, Skeleton } from "../../ui/index.ts";
import QuotaCard from "../quotas/quota-card.tsx";
import styles from "./organizations.module.css";

/** What an organization takes up. */
export function UsageTab({ organization: { name } }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  const { data: usage, error, refetch } = useOrganizationUsage(name);
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  return (
    <>
      <QuotaCard holder={{ kind: "organization", name }} title={t("quotas")} />
      <Card>
        {usage ? (
          <dl className={styles.figures}>
            <Figure term={t("imageBytes")} value={formatBytes(usage.imageBytes)} hint={t("imageBytesHint")} />
          </dl>
        ) : (
          <Skeleton height="5rem" />
        )}
      </Card>
    </>
  );
}

function Figure({ term, value, hint }: { term: string; value: ReactNode; hint?: string }) {
  return (
    <div className={styles.figure}>
      <dt className={styles.figureTerm}>{term}</dt>
      <dd className={styles.figureValue}>{value}</dd>
      {hint && <dd className={styles.note}>{hint}</dd>}
    </div>
  );
}
