import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS } from "../../../kernel/field-limits.ts";
import {
  type AccessKey,
  type NewAccessKey,
  useAccessKeys,
  useCreateAccessKey,
  useDeleteAccessKey,
} from "../../api/access-keys.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { LOGIN_COMMANDS, loginKeyScript, thisRegistry } from "../../login-command/clients.ts";
import { FinishedLogin } from "../../login-command/finished-login.tsx";
import {
  Badge,
  Button,
  CodeBlock,
  ConfirmRowDialog,
  CopyButton,
  DescriptionList,
  Disclosure,
  Empty,
  ErrorNotice,
  formatRelative,
  IconButton,
  IconDownload,
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
import { credentialsFile, saveFile } from "./credentials.ts";
import { SecretValue } from "./new-credentials.tsx";

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
    { id: "ends", header: t("keys.ends"), cell: (key) => <KeyEnd accessKey={key} />, hideBelow: "small" },
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
      <RowDialog
        state={made}
        title={() => t("keys.newTitle")}
        size="large"
        footer={
          <Button variant="primary" onPress={made.close}>
            {t("keys.saved")}
          </Button>
        }
      >
        {(key) => <NewKey created={key} />}
      </RowDialog>
      <RowDialog state={login} title={({ access }) => t("keys.loginTitle", { access })} size="large">
        {({ access }) => <KeyLogin access={access} />}
      </RowDialog>
      <DeleteKeyDialog state={deletion} onConfirm={remove.mutateAsync} />
    </Page>
  );
}

/** When a key ends, or that it has ended. */
export function KeyEnd({ accessKey: { ends } }: { accessKey: AccessKey }) {
  const { t } = useTranslation("account");
  if (ends === null) return t("keys.never");
  return Date.parse(ends) <= Date.now() ? <Badge>{t("keys.ended")}</Badge> : <Time value={ends} />;
}

/**
 * A new access key with its secret, which is shown this once, and what can be made of it.
 *
 * @param owner whose it is; oneself without it.
 */
export function NewKey({ created: { access, secret }, owner }: { created: NewAccessKey; owner?: string }) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const name = owner ?? self.name;
  const project = useSettings().data?.project;
  const user = `${project}@${access}`;
  return (
    <div className={styles.parts}>
      <Notice tone="warning">{t("keys.secretOnce")}</Notice>
      <DescriptionList
        items={[
          { term: t("keys.access"), value: <SecretValue value={access} copyLabel={t("keys.copyAccess")} /> },
          { term: t("keys.secret"), value: <SecretValue value={secret} copyLabel={t("keys.copySecret")} /> },
        ]}
      />
      <div>
        <Button
          icon={<IconDownload />}
          onPress={() => saveFile("credentials.csv", "text/csv", credentialsFile({ user: name, access, secret }))}
        >
          {t("keys.download")}
        </Button>
      </div>
      {project !== undefined && (
        <Disclosure title={t("keys.newLogin")}>
          <div className={styles.parts}>
            <FinishedLogin
              user={user}
              access={access}
              secret={secret}
              placeholder={LOGIN_COMMANDS.docker(thisRegistry(), { user, password: t("keys.loginKey") })}
            />
          </div>
        </Disclosure>
      )}
    </div>
  );
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
      <CodeBlock code={LOGIN_COMMANDS.docker(thisRegistry(), login)} wrap />
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
