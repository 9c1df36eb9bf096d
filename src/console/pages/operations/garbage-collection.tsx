import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCollectGarbage, useGarbage, usePreviewGarbage } from "../../api/garbage.ts";
import {
  Button,
  Card,
  ConfirmDialog,
  ErrorNotice,
  formatBytes,
  formatNumber,
  IconPlay,
  IconSearch,
  Notice,
  Page,
  Skeleton,
} from "../../ui/index.ts";
import { CollectionOutcome } from "./collection-outcome.tsx";
import { CollectionRuns } from "./collection-runs.tsx";
import { GarbageCard } from "./garbage-card.tsx";
import styles from "./garbage-collection.module.css";

/** `/garbage-collection`: what nothing needs any more, and the runs that take it; for operators of the registry. */
export default function GarbageCollection() {
  const { t } = useTranslation("operations");
  const garbage = useGarbage();
  const preview = usePreviewGarbage();
  const collection = useCollectGarbage();
  const [isAsking, setAsking] = useState(false);
  const report = garbage.data;

  function start() {
    preview.reset();
    // What it does is shown on the page, which stays usable: it may take minutes.
    collection.mutate();
    return Promise.resolve();
  }

  return (
    <Page
      title={t("garbage.title")}
      description={t("garbage.description")}
      actions={
        <>
          <Button
            icon={<IconSearch />}
            isPending={preview.isPending}
            isDisabled={collection.isPending}
            onPress={() => {
              collection.reset();
              preview.mutate();
            }}
          >
            {t("garbage.preview")}
          </Button>
          <Button
            variant="primary"
            icon={<IconPlay />}
            isPending={collection.isPending}
            isDisabled={!report || preview.isPending}
            onPress={() => setAsking(true)}
          >
            {t("garbage.start")}
          </Button>
        </>
      }
    >
      {collection.isPending && (
        <Notice tone="info" role="status">
          {t("garbage.running")}
        </Notice>
      )}
      {preview.isError && <ErrorNotice error={preview.error} onRetry={() => preview.mutate()} />}
      {collection.isError && <ErrorNotice error={collection.error} onRetry={() => collection.mutate()} />}
      {preview.data && <CollectionOutcome result={preview.data} />}
      {collection.data && <CollectionOutcome result={collection.data} />}
      {garbage.isError && <ErrorNotice error={garbage.error} onRetry={() => void garbage.refetch()} />}
      {!garbage.isError && (
        <div className={styles.cards}>
          {report ? (
            <>
              <GarbageCard
                title={t("garbage.reclaimable")}
                description={t("garbage.reclaimableText", { number: formatNumber(report.graceDays) })}
                counts={report.reclaimable}
              />
              <GarbageCard title={t("garbage.due")} description={t("garbage.dueText")} counts={report.due} />
            </>
          ) : (
            [0, 1].map((index) => <Skeleton key={index} height="12.5rem" />)
          )}
        </div>
      )}
      {!garbage.isError && (
        <Card title={t("garbage.runs")} isFlush>
          <CollectionRuns runs={report?.runs} />
        </Card>
      )}
      <ConfirmDialog
        title={t("garbage.confirmTitle")}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        confirmLabel={t("garbage.start")}
        onConfirm={start}
      >
        <p>
          {report && report.due.objects > 0
            ? t("garbage.confirmText", {
                size: formatBytes(report.due.bytes),
                number: formatNumber(report.due.objects),
              })
            : t("garbage.confirmNothing")}
        </p>
      </ConfirmDialog>
    </Page>
  );
}
