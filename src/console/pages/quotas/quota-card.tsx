import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type QuotaHolder, useQuotas } from "../../api/quotas.ts";
import { useSelf } from "../../api/session.ts";
import { isFor } from "../../shell/audience.ts";
import { Button, Card, ErrorNotice, IconEdit, Skeleton } from "../../ui/index.ts";
import { QuotaDialog } from "./quota-dialog.tsx";
import { QuotaMeters } from "./quota-meters.tsx";

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
      {quotas && <QuotaDialog holder={holder} quotas={quotas} isOpen={isChanging} onClose={() => setChanging(false)} />}
    </Card>
  );
}
