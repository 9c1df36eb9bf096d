import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCOUNT_NAME_LENGTH, MAX_SEARCH_LENGTH } from "../../../kernel/field-limits.ts";
import { type Account, useAccountChanges, useAccounts } from "../../api/accounts.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { useSelf } from "../../api/session.ts";
import {
  Badge,
  Button,
  ConfirmRowDialog,
  Dialog,
  Form,
  formatNumber,
  IconButton,
  IconMore,
  IconPlus,
  IconTrash,
  Menu,
  Name,
  Page,
  type TableColumn,
  TextField,
  Time,
} from "../../ui/index.ts";
import { CursorTable, useRowDialog } from "../lists/cursor-table.tsx";
import { Filters, NoMatch, SearchBox } from "../lists/filters.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import styles from "./account.module.css";
import {
  type Credentials,
  GENERATED_PASSWORD,
  NewCredentials,
  PasswordField,
  useNameRefusal,
  usePasswordMaker,
} from "./new-credentials.tsx";

/** `/accounts`: all accounts of the registry, for its operators. */
export default function Accounts() {
  const { t } = useTranslation(["account", "lists"]);
  const self = useSelf();
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useAccounts(q);
  const { remove } = useAccountChanges();
  const [isCreating, setCreating] = useState(false);
  const deletion = useRowDialog<Account>();
  const columns: TableColumn<Account>[] = [
    {
      id: "name",
      header: t("accounts.name"),
      cell: ({ name }) => (
        <span className={styles.named}>
          <Name>{name}</Name>
          {name === self.account && <Badge>{t("you")}</Badge>}
        </span>
      ),
      value: ({ name }) => name,
      isRowHeader: true,
    },
    {
      id: "users",
      header: t("accounts.users"),
      cell: ({ users }) => formatNumber(users),
      value: ({ users }) => users,
      align: "end",
    },
    {
      id: "organizations",
      header: t("accounts.organizations"),
      cell: ({ organizations }) => formatNumber(organizations),
      value: ({ organizations }) => organizations,
      align: "end",
    },
    {
      id: "created",
      header: t("created"),
      cell: ({ created }) => <Time value={created} />,
      value: ({ created }) => created,
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("actionsFor", { name: t("accounts.title") }),
      cell: (account) => <AccountMenu account={account} onDelete={() => deletion.open(account)} />,
      align: "end",
      width: "3rem",
    },
  ];

  return (
    <Page
      title={t("accounts.title")}
      description={t("accounts.description")}
      actions={
        <Button variant="primary" icon={<IconPlus />} onPress={() => setCreating(true)}>
          {t("accounts.create")}
        </Button>
      }
    >
      <Filters label={t("accounts.filters")}>
        <SearchBox
          label={t("accounts.search")}
          value={q}
          onSearch={(text) => change({ q: text })}
          maxLength={MAX_SEARCH_LENGTH}
        />
      </Filters>
      <CursorTable
        label={t("accounts.title")}
        list={list}
        columns={columns}
        rowKey={({ name }) => name}
        emptyState={<NoMatch onClear={() => change({ q: undefined })} />}
      />
      <Dialog title={t("accounts.newTitle")} isOpen={isCreating} onClose={() => setCreating(false)}>
        <CreateAccount onClose={() => setCreating(false)} />
      </Dialog>
      <ConfirmRowDialog
        state={deletion}
        title={({ name }) => t("accounts.deleteTitle", { name })}
        confirmLabel={t("accounts.delete")}
        danger
        typeToConfirm={({ name }) => name}
        onConfirm={({ name }) => remove.mutateAsync(name)}
        doneMessage={({ name }) => t("accounts.deleted", { name })}
      >
        {({ users }) => <p>{t("accounts.deleteText", { count: users, number: formatNumber(users) })}</p>}
      </ConfirmRowDialog>
    </Page>
  );
}

/** The actions of an operator on an account, and the reason if it cannot be deleted. */
function AccountMenu({ account: { name, organizations }, onDelete }: { account: Account; onDelete: () => void }) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const label = t("actionsFor", { name });
  const obstacle =
    name === self.account ? t("accounts.isOwn") : organizations > 0 ? t("accounts.hasOrganizations") : undefined;
  return (
    <Menu
      label={label}
      trigger={<IconButton label={label} icon={<IconMore />} size="small" />}
      items={[
        {
          id: "delete",
          label: t("accounts.delete"),
          icon: <IconTrash />,
          tone: "danger",
          onAction: onDelete,
          ...(obstacle !== undefined && { isDisabled: true, description: obstacle }),
        },
      ]}
    />
  );
}

/** What the registry calls the field of the administrator's name. */
const ADMINISTRATOR = "administrator.name";

/** Creates an account with its first administrator, and shows what to hand over. */
function CreateAccount({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const { create } = useAccountChanges();
  const [account, setAccount] = useState("");
  const [chosenName, setChosenName] = useState<string>();
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const makePassword = usePasswordMaker();
  const explainName = useNameRefusal(ADMINISTRATOR);
  const [created, setCreated] = useState<Credentials>();
  // Most often the first administrator bears the account's name.
  const administrator = chosenName ?? account;

  async function submit() {
    const credentials = { name: administrator.trim(), password: makePassword(password) };
    try {
      await create.mutateAsync({ name: account.trim(), administrator: credentials });
      setCreated(credentials);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, detail } = error;
      if (code === "ACCOUNT_EXISTS") throw new FieldError("name", t("accounts.nameTaken"), { cause: error });
      if (detail?.field === "name") throw new FieldError("name", t("accounts.nameInvalid"), { cause: error });
      throw explainName(error);
    }
  }

  if (created) return <NewCredentials credentials={created} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("accounts.create")} onCancel={onClose}>
      <TextField
        label={t("accounts.name")}
        description={t("accounts.nameRule")}
        name="name"
        value={account}
        onChange={setAccount}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <h3 className={styles.heading}>{t("accounts.administrator")}</h3>
      <TextField
        label={t("accounts.administratorName")}
        name={ADMINISTRATOR}
        value={administrator}
        onChange={setChosenName}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <PasswordField value={password} onChange={setPassword} />
    </Form>
  );
}
