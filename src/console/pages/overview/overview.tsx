import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";
import { useOverview } from "../../api/overview.ts";
import { useSelf } from "../../api/session.ts";
import { LOGIN_KINDS } from "../../login-command/kinds.ts";
import { isFor } from "../../shell/audience.ts";
import { lazyPart } from "../../shell/lazy-page.ts";
import { ErrorNotice, IconTerminal, IconUpload, LinkButton, Page, Skeleton } from "../../ui/index.ts";
import { Numbers } from "./numbers.tsx";
import styles from "./overview.module.css";
import { RecentDeliveries, RecentPushes } from "./recent.tsx";
import { ReportChart } from "./report-chart.tsx";

const FirstPush = lazyPart(() => import("./first-push.tsx"));
const QuotaCard = lazyPart(() => import("../quotas/quota-card.tsx"));
const LoginCommandDialog = lazyPart(() => import("../../login-command/login-command-dialog.tsx"));

/** `/`: the account in numbers, what happened last, and login commands (`?login=temporary`, `?login=permanent`). */
export default function Overview() {
  const { t } = useTranslation("overview");
  const user = useSelf();
  const overview = useOverview();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const kind = LOGIN_KINDS.find((candidate) => candidate === search.get("login"));
  const isNew = overview.data?.images === 0;
  return (
    <Page
      title={t("title")}
      description={t("account", { name: user.account })}
      actions={
        <>
          <LinkButton href="/upload" icon={<IconUpload />}>
            {t("upload")}
          </LinkButton>
          <LinkButton href="/?login=temporary" variant="primary" icon={<IconTerminal />}>
            {t("loginCommand")}
          </LinkButton>
        </>
      }
    >
      {overview.isError ? (
        <ErrorNotice error={overview.error} onRetry={() => void overview.refetch()} />
      ) : (
        <Numbers overview={overview.data} />
      )}
      {isFor("administrator", user) && (
        <Suspense fallback={<Skeleton height="5rem" />}>
          <QuotaCard holder={{ kind: "account", name: user.account }} title={t("quotas")} />
        </Suspense>
      )}
      {isNew ? (
        <Suspense fallback={<Skeleton height="420px" />}>
          <FirstPush />
        </Suspense>
      ) : (
        <div className={styles.columns}>
          <ReportChart of="pulled" />
          {isFor("administrator", user) && <ReportChart of="stored" />}
          <RecentPushes />
          <RecentDeliveries />
        </div>
      )}
      {kind && (
        <Suspense>
          <LoginCommandDialog
            kind={kind}
            hrefOf={(other) => `/?login=${other}`}
            onClose={() => navigate("/", { replace: true })}
          />
        </Suspense>
      )}
    </Page>
  );
}
