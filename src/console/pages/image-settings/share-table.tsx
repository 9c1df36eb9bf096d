import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ImageShare, useShareChanges } from "../../api/sharing.ts";
import {
  Badge,
  ConfirmDialog,
  formatDate,
  IconButton,
  IconEdit,
  IconMore,
  IconTrash,
  Menu,
  Name,
  Table,
  type TableColumn,
  Time,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { lastDayOf } from "./share-deadline.ts";

export interface ShareTableProps {
  shares: readonly ImageShare[];
  isLoading: boolean;
  onChange: (share: ImageShare) => void;
  emptyState: ReactNode;
}

/** An image's shares: with whom, until when, what for. */
export function ShareTable({ shares, isLoading, onChange, emptyState }: ShareTableProps) {
  const { t } = useTranslation(["sharing", "common"]);
  const { organization, image, canManage, properties } = useImage();
  const { stop } = useShareChanges({ organization, image });
  const [ending, setEnding] = useState<ImageShare>();

  const columns: TableColumn<ImageShare>[] = [
    { id: "account", header: t("account"), isRowHeader: true, cell: (share) => <Name>{share.account}</Name> },
    {
      id: "until",
      header: t("until"),
      width: "140px",
      cell: ({ deadline }) => {
        const day = lastDayOf(deadline);
        return day === undefined ? t("forever") : formatDate(day, "day");
      },
    },
    {
      id: "status",
      header: t("status"),
      width: "110px",
      cell: ({ valid }) => {
        if (!valid) return <Badge>{t("ended")}</Badge>;
        return properties.public ? (
          <Badge tone="warning">{t("paused")}</Badge>
        ) : (
          <Badge tone="success">{t("valid")}</Badge>
        );
      },
    },
    { id: "note", header: t("note"), hideBelow: "small", cell: ({ note }) => <Name>{note}</Name> },
    {
      id: "by",
      header: t("by"),
      width: "150px",
      hideBelow: "medium",
      cell: (share) => (share.createdBy === null ? t("userGone") : <Name>{share.createdBy}</Name>),
    },
    {
      id: "created",
      header: t("created"),
      width: "140px",
      hideBelow: "medium",
      cell: ({ created }) => <Time value={created} />,
    },
  ];
  if (canManage) {
    columns.push({
      id: "actions",
      header: "",
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (share) => {
        const label = t("actionsOf", { account: share.account });
        return (
          <Menu
            label={label}
            trigger={<IconButton label={label} icon={<IconMore />} />}
            items={[
              {
                id: "change",
                label: t("common:edit"),
                icon: <IconEdit />,
                isDisabled: properties.public,
                onAction: () => onChange(share),
              },
              {
                id: "stop",
                label: t("stop"),
                icon: <IconTrash />,
                tone: "danger",
                onAction: () => setEnding(share),
              },
            ]}
          />
        );
      },
    });
  }
  const account = ending?.account;
  return (
    <>
      <Table
        label={t("title")}
        columns={columns}
        rows={shares}
        rowKey={({ account: key }) => key}
        isLoading={isLoading}
        emptyState={emptyState}
      />
      <ConfirmDialog
        title={t("stopTitle", { account })}
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        confirmLabel={t("stop")}
        danger
        onConfirm={async () => {
          if (account === undefined) return;
          await stop.mutateAsync(account);
          toast(t("stopped", { account }));
        }}
      >
        {t("stopText", { account })}
      </ConfirmDialog>
    </>
  );
}
