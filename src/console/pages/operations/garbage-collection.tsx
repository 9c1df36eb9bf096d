import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type CollectedGarbage,
  type GarbageCounts,
  type GarbageRun,
  useCollectGarbage,
  useGarbage,
  usePreviewGarbage,
} from "../../api/garbage.ts";
import {
  Badge,
  Button,
  Bytes,
  Card,
  ConfirmDialog,
  Empty,
  ErrorNotice,
  formatBytes,
  formatNumber,
  IconPlay,
  IconRecycle,
  IconSearch,
  Notice,
  Page,
  Skeleton,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import styles from "./operations.module.css";

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

interface GarbageCardProps {
  title: string;
  description: string;
  counts: GarbageCounts;
}

/** An amount of garbage, in numbers. */
function GarbageCard({ title, description, counts }: GarbageCardProps) {
  const { t } = useTranslation("operations");
  const { manifests, blobs, objects, bytes, exact } = counts;
  const count = (value: number) => {
    const number = formatNumber(value);
    return exact ? number : t("garbage.atLeast", { number });
  };
  const items = [
    { term: t("garbage.bytes"), value: <Bytes value={bytes} /> },
    { term: t("garbage.manifests"), value: count(manifests) },
    { term: t("garbage.blobs"), value: count(blobs) },
    { term: t("garbage.objects"), value: count(objects) },
  ];
  return (
    <Card title={title}>
      <dl className={styles.counts}>
        {items.map(({ term, value }) => (
          <div key={term} className={styles.count}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.description}>{description}</p>
    </Card>
  );
}

/** What a run has taken, or what a dry run says that one would take. */
function CollectionOutcome({ result }: { result: CollectedGarbage }) {
  const { t } = useTranslation("operations");
  const { dryRun, manifests, blobs, objects, bytes, complete, failed } = result;
  if (manifests + blobs + objects === 0 && !failed) {
    return (
      <Notice tone="success" role="status">
        {t(dryRun ? "garbage.previewNothing" : "garbage.doneNothing")}
      </Notice>
    );
  }
  const parts = [
    `${t("garbage.manifests")}: ${formatNumber(manifests)}`,
    `${t("garbage.blobs")}: ${formatNumber(blobs)}`,
    `${t("garbage.objects")}: ${formatNumber(objects)}`,
    `${t("garbage.bytes")}: ${formatBytes(bytes)}`,
  ];
  return (
    <Notice
      tone={dryRun ? "info" : failed ? "warning" : "success"}
      title={t(dryRun ? "garbage.previewTitle" : "garbage.doneTitle")}
      role="status"
    >
      <p>{parts.join(" · ")}</p>
      {failed && <p>{t("garbage.failedPartly")}</p>}
      {!complete && !failed && <p>{t("garbage.previewPartly")}</p>}
    </Notice>
  );
}

/** The last collections, the newest first; undefined while they are being loaded. */
function CollectionRuns({ runs }: { runs: readonly GarbageRun[] | undefined }) {
  const { t } = useTranslation("operations");
  const number = (id: "manifests" | "blobs" | "objects", isSecondary = false): TableColumn<GarbageRun> => ({
    id,
    header: t(`garbage.${id}`),
    cell: (run) => formatNumber(run[id]),
    value: (run) => run[id],
    align: "end",
    isSecondary,
  });
  const columns: TableColumn<GarbageRun>[] = [
    {
      id: "started",
      header: t("garbage.started"),
      cell: ({ started }) => <Time value={started} />,
      value: ({ started }) => started,
      isRowHeader: true,
    },
    {
      id: "duration",
      header: t("garbage.duration"),
      cell: ({ milliseconds }) => milliseconds !== null && formatSeconds(milliseconds),
      value: ({ milliseconds }) => (milliseconds === null ? null : milliseconds / 1000),
      align: "end",
    },
    number("manifests", true),
    number("blobs", true),
    number("objects"),
    {
      id: "bytes",
      header: t("garbage.bytes"),
      cell: ({ bytes }) => <Bytes value={bytes} />,
      value: ({ bytes }) => bytes,
      align: "end",
    },
    {
      id: "outcome",
      header: t("garbage.outcome"),
      cell: (run) => <OutcomeBadge run={run} />,
      value: (run) => t(`garbage.${outcomeOf(run)}`),
    },
  ];
  return (
    <Table
      label={t("garbage.runs")}
      columns={columns}
      rows={runs ?? []}
      rowKey={({ id }) => String(id)}
      isLoading={!runs}
      emptyState={
        <Empty title={t("garbage.noRunsTitle")} icon={<IconRecycle size={20} />}>
          {t("garbage.noRunsText")}
        </Empty>
      }
    />
  );
}

const OUTCOME_TONES = { unfinished: "warning", complete: "success", partly: "neutral" } as const;

function outcomeOf({ ended, complete }: GarbageRun): keyof typeof OUTCOME_TONES {
  return ended === null ? "unfinished" : complete ? "complete" : "partly";
}

function OutcomeBadge({ run }: { run: GarbageRun }) {
  const { t } = useTranslation("operations");
  const outcome = outcomeOf(run);
  return <Badge tone={OUTCOME_TONES[outcome]}>{t(`garbage.${outcome}`)}</Badge>;
}

/** How long something took, in seconds of the current language: "0.4 sec", "17 秒". */
function formatSeconds(milliseconds: number): string {
  return new Intl.NumberFormat(i18next.language, {
    style: "unit",
    unit: "second",
    unitDisplay: "short",
    maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
  }).format(milliseconds / 1000);
}
