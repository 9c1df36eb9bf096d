import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { isByteResource, QUOTA_RESOURCES, type QuotaResource } from "../../../kernel/quotas.ts";
import { type QuotaHolder, type QuotaSet, useQuotas } from "../../api/quotas.ts";
import { useSelf } from "../../api/session.ts";
import { isFor } from "../../shell/audience.ts";
import { lazyPart } from "../../shell/lazy-page.ts";
import {
  Button,
  Card,
  ErrorNotice,
  formatBytes,
  formatNumber,
  IconEdit,
  Meter,
  Notice,
  Skeleton,
} from "../../ui/index.ts";
import styles from "./quotas.module.css";

const QuotaDialog = lazyPart(() => import("./quota-form.tsx"));

/** The quotas of an account or organization; operators may change them. */
export default function QuotaCard({ holder, title }: { holder: QuotaHolder; title: string }) {
  const { t } = useTranslation("quotas");
  const { data: quotas, error, refetch } = useQuotas(holder);
  const mayChange = isFor("operator", useSelf());
  const [isChanging, setChanging] = useState(false);
  return (
    <Card
      title={title}
      description={t(holder.kind === "organization" ? "organizationHint" : "accountHint")}
      actions={
        mayChange &&
        quotas && (
          <Button icon={<IconEdit />} onPress={() => setChanging(true)}>
            {t("change")}
          </Button>
        )
      }
    >
      {error ? (
        <ErrorNotice error={error} onRetry={refetch} />
      ) : quotas ? (
        <QuotaMeters quotas={quotas} />
      ) : (
        <Skeleton height="5rem" />
      )}
      {quotas && isChanging && (
        <Suspense>
          <QuotaDialog holder={holder} quotas={quotas} onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </Card>
  );
}

/** From here on there is a warning: where the meter changes its colour. */
const NEARLY_FULL = 0.8;

/** How a number of a resource is written. */
export function formatQuota(resource: QuotaResource, value: number): string {
  return isByteResource(resource) ? formatBytes(value) : formatNumber(value);
}

/** A bar for each quota, and above them what is used up or nearly so. */
function QuotaMeters({ quotas }: { quotas: QuotaSet }) {
  const { t } = useTranslation("quotas");
  const share = (resource: QuotaResource) => {
    const { used, limit } = quotas[resource];
    if (limit === null) return 0;
    return limit === 0 ? Number(used > 0) : used / limit;
  };
  const names = (resources: readonly QuotaResource[]) => resources.map((resource) => t(resource)).join(t("comma"));
  const full = QUOTA_RESOURCES.filter((resource) => share(resource) >= 1);
  const nearlyFull = QUOTA_RESOURCES.filter((resource) => share(resource) >= NEARLY_FULL && share(resource) < 1);
  return (
    <div className={styles.quotas}>
      {full.length > 0 && <Notice tone="danger">{t("full", { names: names(full) })}</Notice>}
      {nearlyFull.length > 0 && <Notice tone="warning">{t("nearlyFull", { names: names(nearlyFull) })}</Notice>}
      <div className={styles.meters}>
        {QUOTA_RESOURCES.map((resource) => (
          <Meter
            key={resource}
            label={t(resource)}
            value={quotas[resource].used}
            max={quotas[resource].limit}
            unlimited={t("unlimited")}
            format={(value) => formatQuota(resource, value)}
          />
        ))}
      </div>
    </div>
  );
}
