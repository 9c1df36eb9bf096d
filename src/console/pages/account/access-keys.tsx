import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS } from "../../../kernel/field-limits.ts";
import {
  type AccessKey,
  type NewAccessKey,
  useAccessKeys,
  useCreateAccessKey,
  useDeleteAccessKey,
} from "../../api/access-keys.ts";
import {
  Button,
  CopyButton,
  Empty,
  ErrorNotice,
  IconButton,
  IconKey,
  IconPlus,
  IconTerminal,
  IconTrash,
  Notice,
  Page,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./tables.module.css";
import { DeleteKeyDialog } from "./delete-key-dialog.tsx";
import { KeyLoginDialog } from "./key-login-dialog.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";

/** `/access-keys`: one's own access keys (guide 4.2). */
export default function AccessKeys() {
  const { t } = useTranslation("account");
  const keys = useAccessKeys();
  const create = useCreateAccessKey();
  const remove = useDeleteAccessKey();
  const made = useRowDialog<NewAccessKey>();
  const login = useRowDialog<AccessKey>();
  const deletion = useRowDialog<AccessKey>();
  const isFull = (keys.data?.length ?? 0) >= MAX_ACCESS_KEYS;
  const createButton = (
    <Button
      variant="primary"
      icon={<IconPlus />}
      isDisabled={!keys.data || isFull}
      isPending={create.isPending}
      onPress={() => create.mutate(undefined, { onSuccess: made.open })}
    >
      {t("keys.create")}
    </Button>
  );
  const columns: TableColumn<AccessKey>[] = [
    {
      id: "access",
      header: t("keys.access"),
      cell: ({ access }) => (
        <span className={styles.named}>
          <code>{access}</code>
          <CopyButton value={access} label={t("keys.copyAccess")} />
        </span>
      ),
      isRowHeader: true,
    },
    { id: "created", header: t("created"), cell: ({ created }) => <Time value={created} />, hideBelow: "small" },
    { id: "lastUsed", header: t("lastUsed"), cell: ({ lastUsed }) => <Time value={lastUsed} /> },
    {
      id: "actions",
      header: "",
      label: t("actionsFor", { name: t("keys.title") }),
      cell: (key) => (
        <span className={styles.actions}>
          <IconButton
            label={t("keys.loginCommand")}
            icon={<IconTerminal />}
            size="small"
            onPress={() => login.open(key)}
          />
          <IconButton label={t("keys.delete")} icon={<IconTrash />} size="small" onPress={() => deletion.open(key)} />
        </span>
      ),
      align: "end",
    },
  ];

  return (
    <Page
      title={t("keys.title")}
      description={t("keys.description", { count: MAX_ACCESS_KEYS })}
      actions={createButton}
    >
      {create.isError && <ErrorNotice error={create.error} />}
      {isFull && <Notice tone="info">{t("keys.limit", { count: MAX_ACCESS_KEYS })}</Notice>}
      {keys.isError ? (
        <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />
      ) : (
        <Table
          label={t("keys.title")}
          columns={columns}
          rows={keys.data ?? []}
          rowKey={({ access }) => access}
          isLoading={keys.isPending}
          emptyState={
            <Empty title={t("keys.emptyTitle")} icon={<IconKey size={20} />}>
              {t("keys.emptyText")}
            </Empty>
          }
        />
      )}
      {made.row && <NewKeyDialog created={made.row} isOpen={made.isOpen} onClose={made.close} />}
      {login.row && <KeyLoginDialog access={login.row.access} isOpen={login.isOpen} onClose={login.close} />}
      {deletion.row && (
        <DeleteKeyDialog
          accessKey={deletion.row}
          isOpen={deletion.isOpen}
          onClose={deletion.close}
          onConfirm={remove.mutateAsync}
        />
      )}
    </Page>
  );
}
