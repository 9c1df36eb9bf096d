import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS } from "../../../kernel/field-limits.ts";
import {
  type AccessKey,
  type NewAccessKey,
  useAccessKeys,
  useCreateAccessKey,
  useDeleteAccessKey,
} from "../../api/access-keys.ts";
import { useSettings } from "../../api/settings.ts";
import { LOGIN_COMMANDS, loginKeyScript, thisRegistry } from "../../login-command/clients.ts";
import {
  Badge,
  Button,
  CodeBlock,
  ConfirmRowDialog,
  CopyButton,
  Dialog,
  Empty,
  ErrorNotice,
  formatRelative,
  IconButton,
  IconKey,
  IconPlus,
  IconTerminal,
  IconTrash,
  Notice,
  Page,
  RowDialog,
  type RowDialogState,
  Skeleton,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import styles from "./account.module.css";
import { KeyForm, NewKeyDialog } from "./key-dialogs.tsx";

/** `/access-keys`: one's own access keys (guide 4.2). */
export default function AccessKeys() {
  const { t } = useTranslation("account");
  const keys = useAccessKeys();
  const create = useCreateAccessKey();
  const remove = useDeleteAccessKey();
  const [isCreating, setCreating] = useState(false);
  const made = useRowDialog<NewAccessKey>();
  const login = useRowDialog<AccessKey>();
  const deletion = useRowDialog<AccessKey>();
  const isFull = (keys.data?.length ?? 0) >= MAX_ACCESS_KEYS;
  const createButton = (
    <Button variant="primary" icon={<IconPlus />} isDisabled={!keys.data || isFull} onPress={() => setCreating(true)}>
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
      value: ({ access }) => access,
      isRowHeader: true,
    },
    ...useKeyTimes(),
    {
      id: "actions",
      header: "",
      value: null,
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
      <Dialog title={t("keys.create")} isOpen={isCreating} onClose={() => setCreating(false)}>
        <KeyForm
          create={create.mutateAsync}
          onMade={(key) => {
            setCreating(false);
            made.open(key);
          }}
          onCancel={() => setCreating(false)}
        />
      </Dialog>
      <NewKeyDialog state={made} />
      <RowDialog state={login} title={({ access }) => t("keys.loginTitle", { access })} size="large">
        {({ access }) => <KeyLogin access={access} />}
      </RowDialog>
      <DeleteKeyDialog state={deletion} onConfirm={remove.mutateAsync} />
    </Page>
  );
}

/** The columns of a list of access keys that say when a key was made, was used last, and ends. */
export function useKeyTimes(): TableColumn<AccessKey>[] {
  const { t } = useTranslation("account");
  return [
    {
      id: "created",
      header: t("created"),
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
    },
    {
      id: "lastUsed",
      header: t("lastUsed"),
      cell: ({ lastUsed }) => <Time value={lastUsed} />,
      value: ({ lastUsed }) => lastUsed,
    },
    {
      id: "ends",
      header: t("keys.ends"),
      cell: (key) => <KeyEnd accessKey={key} />,
      value: ({ ends }) => ends ?? t("keys.never"),
    },
  ];
}

/** When a key ends, or that it has ended. */
function KeyEnd({ accessKey: { ends } }: { accessKey: AccessKey }) {
  const { t } = useTranslation("account");
  if (ends === null) return t("keys.never");
  if (Date.parse(ends) <= Date.now()) return <Badge>{t("keys.ended")}</Badge>;
  // On a phone there is no room for all of it in one line.
  return <Time value={ends} relative={false} />;
}

/** How to make the permanent login command of an access key whose secret only its owner has (guide 4.2). */
function KeyLogin({ access }: { access: string }) {
  const { t } = useTranslation("account");
  const settings = useSettings();
  if (settings.isError) return <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />;
  if (!settings.data) return <Skeleton lines={6} />;
  const login = { user: `${settings.data.project}@${access}`, password: t("keys.loginKey") };
  return (
    <div className={styles.parts}>
      <p>{t("keys.loginText")}</p>
      <CodeBlock code={loginKeyScript(access, undefined)} copyLabel={t("keys.copyScript")} />
      <p>{t("keys.loginThen")}</p>
      <CodeBlock code={LOGIN_COMMANDS.docker(thisRegistry(), login)} />
    </div>
  );
}

export interface DeleteKeyDialogProps {
  state: RowDialogState<AccessKey>;
  /** Deletes the key of this name. */
  onConfirm: (access: string) => Promise<unknown>;
}

/** Asks before an access key goes, one's own or another user's. */
export function DeleteKeyDialog({ state, onConfirm }: DeleteKeyDialogProps) {
  const { t } = useTranslation("account");
  return (
    <ConfirmRowDialog
      state={state}
      title={({ access }) => t("keys.deleteTitle", { access })}
      confirmLabel={t("keys.delete")}
      danger
      onConfirm={({ access }) => onConfirm(access)}
      doneMessage={() => t("keys.deleted")}
    >
      {({ lastUsed }) => (
        <>
          <p>{lastUsed === null ? t("keys.neverUsed") : t("keys.lastUsedAt", { time: formatRelative(lastUsed) })}</p>
          <p>{t("keys.deleteText")}</p>
        </>
      )}
    </ConfirmRowDialog>
  );
}
