import { useTranslation } from "react-i18next";
import type { GarbageRun } from "../../api/garbage.ts";
import { Badge, Bytes, Empty, formatNumber, IconRecycle, Table, type TableColumn, Time } from "../../ui/index.ts";
import { formatSeconds } from "./format-seconds.ts";

/** The last collections, the newest first; undefined while they are being loaded. */
export function CollectionRuns({ runs }: { runs: readonly GarbageRun[] | undefined }) {
  const { t } = useTranslation("operations");
  const number = (id: "manifests" | "blobs" | "objects", hideBelow?: "small" | "medium"): TableColumn<GarbageRun> => ({
    id,
    header: t(`garbage.${id}`),
    cell: (run) => formatNumber(run[id]),
    align: "end",
    ...(hideBelow && { hideBelow }),
  });
  const columns: TableColumn<GarbageRun>[] = [
    { id: "started", header: t("garbage.started"), cell: ({ started }) => <Time value={started} />, isRowHeader: true },
    {
      id: "duration",
      header: t("garbage.duration"),
      cell: ({ milliseconds }) => milliseconds !== null && formatSeconds(milliseconds),
      align: "end",
      hideBelow: "small",
    },
    number("manifests", "medium"),
    number("blobs", "medium"),
    number("objects", "small"),
    { id: "bytes", header: t("garbage.bytes"), cell: ({ bytes }) => <Bytes value={bytes} />, align: "end" },
    { id: "outcome", header: t("garbage.outcome"), cell: (run) => <OutcomeBadge run={run} /> },
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

function OutcomeBadge({ run: { ended, complete } }: { run: GarbageRun }) {
  const { t } = useTranslation("operations");
  if (ended === null) return <Badge tone="warning">{t("garbage.unfinished")}</Badge>;
  return complete ? <Badge tone="success">{t("garbage.complete")}</Badge> : <Badge>{t("garbage.partly")}</Badge>;
}
