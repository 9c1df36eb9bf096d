import { useTranslation } from "react-i18next";
import { type Login, useEndLogins, useLogins } from "../../api/logins.ts";
import {
  Badge,
  ConfirmDialog,
  Empty,
  ErrorNotice,
  IconButton,
  IconLock,
  IconSignOut,
  Table,
  type TableColumn,
  Time,
  toast,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { clientName } from "./client-name.ts";
import styles from "./tables.module.css";

/** The logins of a user, or one's own. Each can be ended; the present one by signing out. */
export function LoginsTable({ name }: { name?: string }) {
  const { t } = useTranslation("account");
  const logins = useLogins(name);
  const end = useEndLogins(name);
  const ending = useRowDialog<Login>();
  const columns: TableColumn<Login>[] = [
    {
      id: "client",
      header: t("logins.client"),
      cell: ({ client, current }) => (
        <span className={styles.named}>
          <span title={client ?? undefined}>{client === null ? t("logins.noClient") : clientName(client)}</span>
          {current && <Badge>{t("logins.present")}</Badge>}
        </span>
      ),
      isRowHeader: true,
    },
    { id: "kind", header: t("logins.kind"), cell: ({ kind }) => t(`logins.kinds.${kind}`) },
    {
      id: "address",
      header: t("logins.address"),
      cell: ({ address, lastAddress }) => lastAddress ?? address ?? "–",
      hideBelow: "small",
    },
    { id: "created", header: t("created"), cell: ({ created }) => <Time value={created} />, hideBelow: "medium" },
    { id: "lastUsed", header: t("lastUsed"), cell: ({ lastUsed, created }) => <Time value={lastUsed ?? created} /> },
    {
      id: "expires",
      header: t("logins.expires"),
      cell: ({ expires }) => <Time value={expires} />,
      hideBelow: "medium",
    },
    {
      id: "actions",
      header: "",
      label: t("actionsFor", { name: t("logins.title") }),
      cell: (login) =>
        login.current ? null : (
          <IconButton label={t("logins.end")} icon={<IconSignOut />} size="small" onPress={() => ending.open(login)} />
        ),
      align: "end",
      width: "3rem",
    },
  ];
  if (logins.isError) return <ErrorNotice error={logins.error} onRetry={() => void logins.refetch()} />;
  return (
    <>
      <Table
        label={name === undefined ? t("logins.title") : t("logins.ofUser", { name })}
        columns={columns}
        rows={logins.data ?? []}
        rowKey={({ id }) => id}
        isLoading={logins.isPending}
        emptyState={<Empty title={t("logins.none")} icon={<IconLock size={20} />} />}
      />
      {ending.row && (
        <ConfirmDialog
          title={t("logins.endTitle")}
          isOpen={ending.isOpen}
          onClose={ending.close}
          confirmLabel={t("logins.end")}
          danger
          onConfirm={async () => {
            if (ending.row) await end.mutateAsync(ending.row.id);
            toast(t("logins.ended", { count: 1 }));
          }}
        >
          <p>{t(`logins.endText.${ending.row.kind}`)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
