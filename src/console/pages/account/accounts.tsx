import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_SEARCH_LENGTH } from "../../../kernel/field-limits.ts";
import { type Account, useAccounts } from "../../api/accounts.ts";
import { useSelf } from "../../api/session.ts";
import {
  Badge,
  Button,
  formatNumber,
  IconButton,
  IconMore,
  IconPlus,
  IconTrash,
  Menu,
  Name,
  Page,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { CursorTable, useRowDialog } from "../lists/cursor-table.tsx";
import { Filters, NoMatch, SearchBox } from "../lists/filters.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import { CreateAccountDialog } from "./create-account-dialog.tsx";
import { DeleteAccountDialog } from "./delete-account-dialog.tsx";
import styles from "./tables.module.css";

/** `/accounts`: all accounts of the registry, for its operators. */
export default function Accounts() {
  const { t } = useTranslation(["account", "lists"]);
  const self = useSelf();
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useAccounts(q);
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
      isRowHeader: true,
    },
    { id: "users", header: t("accounts.users"), cell: ({ users }) => formatNumber(users), align: "end" },
    {
      id: "organizations",
      header: t("accounts.organizations"),
      cell: ({ organizations }) => formatNumber(organizations),
      align: "end",
    },
    { id: "created", header: t("created"), cell: ({ created }) => <Time value={created} />, hideBelow: "small" },
    {
      id: "actions",
      header: "",
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
      <CreateAccountDialog isOpen={isCreating} onClose={() => setCreating(false)} />
      {deletion.row && <DeleteAccountDialog account={deletion.row} isOpen={deletion.isOpen} onClose={deletion.close} />}
    </Page>
  );
}

/** What an operator may do with an account. Why one cannot be deleted stands beside it. */
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
