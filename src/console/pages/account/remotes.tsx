import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  MAX_REMOTE_NAME_LENGTH,
  MAX_REMOTE_PASSWORD_LENGTH,
  MAX_REMOTE_USERNAME_LENGTH,
  MAX_URL_LENGTH,
} from "../../../kernel/field-limits.ts";
import { type Remote, useRemoteChanges, useRemotes } from "../../api/remotes.ts";
import { useSelf } from "../../api/session.ts";
import {
  Button,
  Checkbox,
  ConfirmRowDialog,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconEdit,
  IconExternal,
  IconMore,
  IconPlay,
  IconPlus,
  IconTrash,
  Menu,
  Name,
  Notice,
  Page,
  RowDialog,
  Table,
  type TableColumn,
  TextField,
  Time,
  toast,
  detailText,
  type Submission,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { useListParams } from "../lists/use-list-params.ts";

/** `/remotes`: registries elsewhere, for administrators of the account. `?new` opens the form for another one. */
export default function Remotes() {
  const { t } = useTranslation(["remotes", "common"]);
  const self = useSelf();
  const { data: remotes = [], error, isPending, refetch } = useRemotes();
  const [params, changeParams] = useListParams(["new"]);
  const { remove } = useRemoteChanges();
  const edit = useRowDialog<Remote>();
  const test = useRowDialog<Remote>();
  const deletion = useRowDialog<Remote>();
  const closeForm = () => {
    edit.close();
    changeParams({ new: undefined });
  };
  const columns: TableColumn<Remote>[] = [
    {
      id: "name",
      header: t("name"),
      isRowHeader: true,
      cell: ({ name }) => <Name>{name}</Name>,
      value: ({ name }) => name,
    },
    { id: "url", header: t("url"), cell: ({ url }) => <Name>{url}</Name>, value: ({ url }) => url },
    {
      id: "username",
      header: t("username"),
      isSecondary: true,
      cell: ({ username }) => username ?? t("anonymous"),
      value: ({ username }) => username,
    },
    {
      id: "updated",
      header: t("updated"),
      cell: ({ updated }) => <Time value={updated} />,
      value: ({ updated }) => updated,
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (remote) => (
        <Menu
          label={t("actionsOf", { name: remote.name })}
          trigger={<IconButton label={t("actionsOf", { name: remote.name })} icon={<IconMore />} />}
          items={[
            { id: "test", label: t("tryOut"), icon: <IconPlay />, onAction: () => test.open(remote) },
            { id: "edit", label: t("common:edit"), icon: <IconEdit />, onAction: () => edit.open(remote) },
            {
              id: "delete",
              label: t("common:delete"),
              icon: <IconTrash />,
              tone: "danger",
              onAction: () => deletion.open(remote),
            },
          ]}
        />
      ),
    },
  ];
  const add = (
    <Button variant="primary" icon={<IconPlus />} onPress={() => changeParams({ new: "1" })}>
      {t("add")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      description={t("description", { account: self.account })}
      actions={remotes.length > 0 && add}
    >
      {error ? (
        <ErrorNotice error={error} onRetry={refetch} />
      ) : (
        <Table
          label={t("title")}
          columns={columns}
          rows={remotes}
          rowKey={({ name }) => name}
          isLoading={isPending}
          emptyState={
            <Empty title={t("emptyTitle")} icon={<IconExternal />} action={add}>
              {t("emptyText")}
            </Empty>
          }
        />
      )}
      <Dialog
        title={edit.row ? t("editTitle", { name: edit.row.name }) : t("addTitle")}
        isOpen={edit.row !== undefined || params.new !== undefined}
        onClose={closeForm}
      >
        <RemoteForm remote={edit.row} onClose={closeForm} />
      </Dialog>
      <RowDialog state={test} title={({ name }) => `${t("tryOut")}: ${name}`}>
        {({ name }) => <TestForm remote={name} onClose={test.close} />}
      </RowDialog>
      <ConfirmRowDialog
        state={deletion}
        title={({ name }) => t("deleteTitle", { name })}
        confirmLabel={t("deleteConfirm")}
        danger
        onConfirm={({ name }) => remove.mutateAsync(name)}
        doneMessage={({ name }) => t("deleted", { name })}
      >
        {() => t("deleteText")}
      </ConfirmRowDialog>
    </Page>
  );
}

interface RemoteFormProps {
  /** The one to be changed; undefined for a new one. */
  remote: Remote | undefined;
  onClose: () => void;
}

/** How a registry is reached. It is tried out before it is saved, unless somebody does not want that. */
function RemoteForm({ remote, onClose }: RemoteFormProps) {
  const { t } = useTranslation(["remotes", "common"]);
  const { add, change } = useRemoteChanges();
  const [name, setName] = useState("");
  const [url, setUrl] = useState(remote?.url ?? "");
  const [username, setUsername] = useState(remote?.username ?? "");
  const [password, setPassword] = useState("");
  const [isTested, setTested] = useState(true);
  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(remote?.updated);

  const isAnonymous = username.trim() === "";
  const isMoved = url.trim() !== remote?.url || username.trim() !== (remote.username ?? "");
  const submit = async ({ overwrites }: Submission) => {
    const address = { url: url.trim(), username: isAnonymous ? null : username.trim(), test: isTested };
    if (remote) {
      const kept = password === "" ? {} : { password };
      const changes = { ...address, ...(isAnonymous ? { password: null } : kept) };
      await change.mutateAsync({ remote: remote.name, changes, version: overwrites ? undefined : version });
    } else {
      await add.mutateAsync({ ...address, name, password: isAnonymous ? null : password });
    }
    onClose();
    toast(remote ? t("saved", { name: remote.name }) : t("added", { name }));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={remote ? t("common:save") : t("add")}>
      {!remote && (
        <TextField
          label={t("name")}
          name="name"
          description={t("nameRules")}
          placeholder="tokyo"
          value={name}
          onChange={setName}
          maxLength={MAX_REMOTE_NAME_LENGTH}
          isRequired
          isMonospace
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <TextField
        label={t("url")}
        name="url"
        description={t("urlHint")}
        placeholder="https://registry.example.com"
        value={url}
        onChange={setUrl}
        maxLength={MAX_URL_LENGTH}
        isRequired
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      <TextField
        label={t("username")}
        name="username"
        description={t("usernameHint")}
        value={username}
        onChange={setUsername}
        maxLength={MAX_REMOTE_USERNAME_LENGTH}
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      {!isAnonymous && (
        <TextField
          label={t("password")}
          name="password"
          type="password"
          description={remote ? t("passwordKeep") : t("passwordHint")}
          value={password}
          onChange={setPassword}
          maxLength={MAX_REMOTE_PASSWORD_LENGTH}
          isRequired={isMoved}
          isMonospace
          autoComplete="off"
        />
      )}
      <Checkbox label={t("test")} name="test" description={t("testHint")} isSelected={isTested} onChange={setTested} />
    </Form>
  );
}

/** Asks a registry whether it answers and takes the credentials. */
function TestForm({ remote, onClose }: { remote: string; onClose: () => void }) {
  const { t } = useTranslation("remotes");
  const { test } = useRemoteChanges();
  const submit = async () => {
    await test.mutateAsync(remote);
  };
  const result = test.isPending ? undefined : test.data;
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("tryOut")}>
      <p>{t("testHint")}</p>
      {result?.works === true && (
        <Notice tone="success" role="status">
          {t("works", { name: remote })}
        </Notice>
      )}
      {result?.works === false && (
        <Notice tone="danger" role="alert" title={t("fails", { name: remote })}>
          {detailText(result)}
        </Notice>
      )}
    </Form>
  );
}
