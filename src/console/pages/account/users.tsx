import { useTranslation } from "react-i18next";
import { MAX_SEARCH_LENGTH } from "../../../kernel/field-limits.ts";
import { useSelf } from "../../api/session.ts";
import { type User, useUserChanges, useUsers } from "../../api/users.ts";
import { PATHS } from "../../paths.ts";
import {
  Badge,
  Button,
  ConfirmRowDialog,
  Dialog,
  IconButton,
  IconEdit,
  IconKey,
  IconLock,
  IconMore,
  IconPlus,
  IconSignOut,
  IconTrash,
  Menu,
  type MenuEntry,
  Name,
  Page,
  RowDialog,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { CursorTable, useRowDialog } from "../lists/cursor-table.tsx";
import { Filters, NoMatch, SearchBox } from "../lists/filters.tsx";
import { useAddressDialog } from "../lists/use-address-dialog.ts";
import { useListParams } from "../lists/use-list-params.ts";
import styles from "./account.module.css";
import { AddUser, ChangeRole, KeysOfUser, LoginsOfUser, ResetPassword } from "./user-dialogs.tsx";

/** `/users`: the users of one's account, for its administrators (guide 6). */
export default function Users() {
  const { t } = useTranslation(["account", "lists"]);
  const self = useSelf();
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useUsers(q);
  const { remove } = useUserChanges();
  const [open, setOpen] = useAddressDialog(["create"]);
  const role = useRowDialog<User>();
  const password = useRowDialog<User>();
  const keys = useRowDialog<User>();
  const logins = useRowDialog<User>();
  const deletion = useRowDialog<User>();
  const columns: TableColumn<User>[] = [
    {
      id: "name",
      header: t("users.name"),
      cell: ({ name, kind }) => (
        <span className={styles.named}>
          <Name>{name}</Name>
          {name === self.name && <Badge>{t("you")}</Badge>}
          {kind === "robot" && <Badge>{t("users.kinds.robot")}</Badge>}
        </span>
      ),
      value: ({ name }) => name,
      isRowHeader: true,
    },
    {
      id: "role",
      header: t("users.role"),
      cell: ({ role: name }) => t(`users.roles.${name}`),
      value: ({ role: name }) => t(`users.roles.${name}`),
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
      label: t("actionsFor", { name: t("users.title") }),
      cell: (user) => (
        <UserMenu
          user={user}
          onChangeRole={() => role.open(user)}
          onResetPassword={() => password.open(user)}
          onSeeKeys={() => keys.open(user)}
          onSeeLogins={() => logins.open(user)}
          onDelete={() => deletion.open(user)}
        />
      ),
      align: "end",
      width: "3rem",
    },
  ];

  return (
    <Page
      title={t("users.title")}
      description={t("users.description", { account: self.account })}
      actions={
        <Button variant="primary" icon={<IconPlus />} onPress={() => setOpen("create")}>
          {t("users.add")}
        </Button>
      }
    >
      <Filters label={t("users.filters")}>
        <SearchBox
          label={t("users.search")}
          value={q}
          onSearch={(text) => change({ q: text })}
          maxLength={MAX_SEARCH_LENGTH}
        />
      </Filters>
      <CursorTable
        label={t("users.title")}
        list={list}
        columns={columns}
        rowKey={({ id }) => id}
        emptyState={<NoMatch onClear={() => change({ q: undefined })} />}
      />
      <Dialog title={t("users.newTitle")} isOpen={open === "create"} onClose={() => setOpen(undefined)}>
        <AddUser onClose={() => setOpen(undefined)} />
      </Dialog>
      <RowDialog state={role} title={({ name }) => t("users.changeRoleTitle", { name })}>
        {(user) => <ChangeRole user={user} onClose={role.close} />}
      </RowDialog>
      <RowDialog state={password} title={({ name }) => t("users.resetTitle", { name })}>
        {(user) => <ResetPassword user={user} onClose={password.close} />}
      </RowDialog>
      <RowDialog state={keys} title={({ name }) => t("users.keysTitle", { name })} size="large">
        {(user) => <KeysOfUser user={user} />}
      </RowDialog>
      <RowDialog state={logins} title={({ name }) => t("logins.ofUser", { name })} size="large">
        {({ name }) => <LoginsOfUser name={name} />}
      </RowDialog>
      <ConfirmRowDialog
        state={deletion}
        title={({ name }) => t("users.deleteTitle", { name })}
        confirmLabel={t("users.delete")}
        danger
        typeToConfirm={({ name }) => name}
        onConfirm={({ name }) => remove.mutateAsync(name)}
        doneMessage={({ name }) => t("users.deleted", { name })}
      >
        {({ name }) => <p>{t("users.deleteText", { name })}</p>}
      </ConfirmRowDialog>
    </Page>
  );
}

interface UserMenuProps {
  user: User;
  onChangeRole: () => void;
  onResetPassword: () => void;
  onSeeKeys: () => void;
  onSeeLogins: () => void;
  onDelete: () => void;
}

/**
 * The actions of an administrator on a user. Only operators can change operators. There are none on your own user, which
 * has other pages, so that you cannot take away your own rights by mistake.
 */
function UserMenu({ user, onChangeRole, onResetPassword, onSeeKeys, onSeeLogins, onDelete }: UserMenuProps) {
  const { t } = useTranslation(["account", "common"]);
  const self = useSelf();
  if (user.role === "operator" && self.role !== "operator") return null;
  const own: MenuEntry[] = [
    { id: "keys", label: t("users.seeKeys"), icon: <IconKey />, href: PATHS.accessKeys },
    { id: "logins", label: t("users.seeLogins"), icon: <IconSignOut />, href: PATHS.logins },
    { id: "password", label: t("common:changePassword"), icon: <IconLock />, href: PATHS.password },
  ];
  const ofRobot: MenuEntry[] = [
    { id: "keys", label: t("users.seeKeys"), icon: <IconKey />, onAction: onSeeKeys },
    { id: "delete", label: t("users.delete"), icon: <IconTrash />, tone: "danger", onAction: onDelete },
  ];
  const others: MenuEntry[] = [
    { id: "role", label: t("users.changeRole"), icon: <IconEdit />, onAction: onChangeRole },
    { id: "password", label: t("users.resetPassword"), icon: <IconLock />, onAction: onResetPassword },
    { id: "keys", label: t("users.seeKeys"), icon: <IconKey />, onAction: onSeeKeys },
    { id: "logins", label: t("users.seeLogins"), icon: <IconSignOut />, onAction: onSeeLogins },
    { id: "delete", label: t("users.delete"), icon: <IconTrash />, tone: "danger", onAction: onDelete },
  ];
  const label = t("actionsFor", { name: user.name });
  return (
    <Menu
      label={label}
      trigger={<IconButton label={label} icon={<IconMore />} size="small" />}
      items={user.name === self.name ? own : user.kind === "robot" ? ofRobot : others}
    />
  );
}
