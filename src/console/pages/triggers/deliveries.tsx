import { useTranslation } from "react-i18next";
import { type Delivery, useDeliveries } from "../../api/triggers.ts";
import {
  Badge,
  Card,
  Empty,
  ErrorNotice,
  formatNumber,
  LoadMore,
  Name,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { DeliveryDialog } from "./delivery-dialog.tsx";
import { StatusBadge } from "./status-badge.tsx";
import styles from "./triggers.module.css";

/** What a trigger was to deliver, newest first. `?delivery=7` opens one of them. */
export function Deliveries({ trigger }: { trigger: string }) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const query = useDeliveries({ organization, image, trigger });
  const [{ delivery }, setParams] = useListParams(["delivery"]);
  const rows = query.data?.pages.flatMap((page) => page.deliveries) ?? [];
  const id = Number(delivery);
  const show = (shown: number | undefined) => setParams({ delivery: shown === undefined ? undefined : String(shown) });

  const columns: TableColumn<Delivery>[] = [
    {
      id: "tag",
      header: t("common:tag"),
      isRowHeader: true,
      cell: ({ tag, test }) => (
        <span className={styles.name}>
          <Name>{tag}</Name>
          {test && <Badge>{t("testBadge")}</Badge>}
        </span>
      ),
    },
    { id: "status", header: t("status"), width: "130px", cell: ({ status }) => <StatusBadge status={status} /> },
    {
      id: "tries",
      header: t("tries"),
      align: "end",
      width: "80px",
      hideBelow: "small",
      cell: ({ tries }) => formatNumber(tries),
    },
    {
      id: "outcome",
      header: t("outcome"),
      hideBelow: "medium",
      cell: ({ detail }) => <span className={styles.sentence}>{detail}</span>,
    },
    { id: "begun", header: t("begun"), width: "150px", cell: ({ created }) => <Time value={created} /> },
  ];
  return (
    <Card title={t("history")} description={t("historyIntro")} isFlush>
      {query.error && rows.length === 0 ? (
        <ErrorNotice error={query.error} onRetry={query.refetch} />
      ) : (
        <Table
          label={t("history")}
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.id)}
          onRowAction={(row) => show(row.id)}
          isLoading={query.isPending}
          emptyState={<Empty title={t("historyEmpty")}>{t("historyEmptyText")}</Empty>}
        />
      )}
      <LoadMore hasMore={query.hasNextPage} isLoading={query.isFetchingNextPage} onLoadMore={query.fetchNextPage} />
      <DeliveryDialog
        trigger={trigger}
        id={Number.isInteger(id) && id > 0 ? id : undefined}
        onShow={show}
        onClose={() => show(undefined)}
      />
    </Card>
  );
}
