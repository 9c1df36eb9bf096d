import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Login, useEndLogins, useLogins } from "../../api/logins.ts";
import {
  Badge,
  Button,
  ConfirmDialog,
  ConfirmRowDialog,
  Empty,
  ErrorNotice,
  IconButton,
  IconLock,
  IconSignOut,
  Page,
  Table,
  type TableColumn,
  Time,
  toast,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./account.module.css";
import { clientName } from "./client-name.ts";

/** `/logins`: where one is logged in, and ending that. */
export default function Logins() {
  const { t } = useTranslation("account");
  const logins = useLogins();
  const [isEnding, setEnding] = useState(false);
  const hasOthers = logins.data?.some(({ current }) => !current) === true;
  return (
    <Page
      title={t("logins.title")}
      description={t("logins.description")}
      actions={
        <Button icon={<IconSignOut />} isDisabled={!hasOthers} onPress={() => setEnding(true)}>
          {t("logins.endOthers")}
        </Button>
      }
    >
      <LoginsTable />
      <EndOthersDialog isOpen={isEnding} onClose={() => setEnding(false)} />
    </Page>
  );
}

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
      value: ({ client }) => client,
      isRowHeader: true,
    },
    {
      id: "kind",
      header: t("logins.kind"),
      cell: ({ kind }) => t(`logins.kinds.${kind}`),
      value: ({ kind }) => t(`logins.kinds.${kind}`),
    },
    {
      id: "address",
      header: t("logins.address"),
      cell: ({ address, lastAddress }) => lastAddress ?? address ?? "–",
      value: ({ address, lastAddress }) => lastAddress ?? address,
    },
    {
      id: "created",
      header: t("created"),
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
      isSecondary: true,
    },
    {
      id: "lastUsed",
      header: t("lastUsed"),
      cell: ({ lastUsed, created }) => <Time value={lastUsed ?? created} />,
      value: ({ lastUsed, created }) => lastUsed ?? created,
    },
    {
      id: "expires",
      header: t("logins.expires"),
      cell: ({ expires }) => <Time value={expires} />,
      value: ({ expires }) => expires,
      isSecondary: true,
    },
    {
      id: "actions",
      header: "",
      value: null,
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
      <ConfirmRowDialog
        state={ending}
        title={() => t("logins.endTitle")}
        confirmLabel={t("logins.end")}
        danger
        onConfirm={({ id }) => end.mutateAsync(id)}
        doneMessage={() => t("logins.ended", { count: 1 })}
      >
        {({ kind }) => <p>{t(`logins.endText.${kind}`)}</p>}
      </ConfirmRowDialog>
    </>
  );
}

export interface EndOthersDialogProps {
  /** Whose logins; one's own by default. */
  name?: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks before all logins of a user end but the one that this page has. */
export function EndOthersDialog({ name, isOpen, onClose }: EndOthersDialogProps) {
  const { t } = useTranslation("account");
  const end = useEndLogins(name);
  return (
    <ConfirmDialog
      title={name === undefined ? t("logins.endOthersTitle") : t("logins.endAllTitle", { name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={name === undefined ? t("logins.endOthers") : t("logins.endAll")}
      danger
      onConfirm={async () => {
        const count = await end.mutateAsync(undefined);
        toast(t("logins.ended", { count }));
      }}
    >
      <p>{t("logins.endOthersText")}</p>
    </ConfirmDialog>
  );
}
