import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCOUNT_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import type { AccessKey } from "../../api/access-keys.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { useSelf } from "../../api/session.ts";
import { type Role, useDeleteKeyOfUser, useKeysOfUser, type User, useUserChanges } from "../../api/users.ts";
import {
  Button,
  ConfirmDialog,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconKey,
  IconSignOut,
  IconTrash,
  RadioGroup,
  Table,
  type TableColumn,
  TextField,
  Time,
  toast,
} from "../../ui/index.ts";

import { useRowDialog } from "../lists/use-row-dialog.ts";
import { DeleteKeyDialog } from "./access-keys.tsx";
import styles from "./account.module.css";
import { EndOthersDialog, LoginsTable } from "./logins.tsx";
import {
  type Credentials,
  GENERATED_PASSWORD,
  NewCredentials,
  PasswordField,
  usePasswordMaker,
} from "./new-credentials.tsx";

/** Adds a user to one's account, and shows what to hand over. */
export function AddUserDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.newTitle")} isOpen={isOpen} onClose={onClose}>
      <AddUser onClose={onClose} />
    </Dialog>
  );
}

function AddUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["account", "common"]);
  const { create } = useUserChanges();
  const [name, setName] = useState("");
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const [role, setRole] = useState<Role>("member");
  const makePassword = usePasswordMaker();
  const [added, setAdded] = useState<Credentials>();

  async function submit() {
    const credentials = { name: name.trim(), password: makePassword(password) };
    try {
      await create.mutateAsync({ ...credentials, role });
      setAdded(credentials);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "USER_RESERVED") throw new FieldError("name", t("users.nameReserved"), { cause: error });
      if (error.code === "USER_EXISTS") throw new FieldError("name", t("users.nameTaken"), { cause: error });
      if (error.detail?.field === "name") throw new FieldError("name", t("users.nameInvalid"), { cause: error });
      throw error;
    }
  }

  if (added) return <NewCredentials credentials={added} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("users.add")} onCancel={onClose}>
      <TextField
        label={t("users.name")}
        description={t("users.nameRule")}
        name="name"
        value={name}
        onChange={setName}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <PasswordField value={password} onChange={setPassword} />
      <RoleField value={role} onChange={setRole} />
    </Form>
  );
}

export interface UserDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives a user another role. */
export function ChangeRoleDialog({ user, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.changeRoleTitle", { name: user.name })} isOpen={isOpen} onClose={onClose}>
      <ChangeRole user={user} onClose={onClose} />
    </Dialog>
  );
}

function ChangeRole({ user: { name, role: before }, onClose }: Omit<UserDialogProps, "isOpen">) {
  const { t } = useTranslation(["account", "common"]);
  const { change } = useUserChanges();
  const [role, setRole] = useState(before);
  async function submit() {
    await change.mutateAsync({ name, role });
    onClose();
    toast(t("users.roleChanged", { name }));
  }
  return (
    <Form onSubmit={submit} submitLabel={t("common:save")} onCancel={onClose} isDisabled={role === before}>
      <RoleField value={role} onChange={setRole} />
    </Form>
  );
}

export interface RoleFieldProps {
  value: Role;
  onChange: (role: Role) => void;
}

/** What a user is to be; only operators make operators. */
export function RoleField({ value, onChange }: RoleFieldProps) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const roles: Role[] = ["member", "administrator", ...(self.role === "operator" ? (["operator"] as const) : [])];
  return (
    <RadioGroup
      label={t("users.role")}
      options={roles.map((role) => ({
        value: role,
        label: t(`users.roles.${role}`),
        description: t(`users.roleHint.${role}`),
      }))}
      value={value}
      onChange={onChange}
    />
  );
}

/** Sets a new password for a user, and shows what to hand over. */
export function ResetPasswordDialog({ user, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.resetTitle", { name: user.name })} isOpen={isOpen} onClose={onClose}>
      <ResetPassword user={user} onClose={onClose} />
    </Dialog>
  );
}

function ResetPassword({ user: { name }, onClose }: Omit<UserDialogProps, "isOpen">) {
  const { t } = useTranslation("account");
  const { change } = useUserChanges();
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const makePassword = usePasswordMaker();
  const [done, setDone] = useState<Credentials>();

  async function submit() {
    const credentials = { name, password: makePassword(password) };
    await change.mutateAsync(credentials);
    setDone(credentials);
  }

  if (done) return <NewCredentials credentials={done} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("users.resetPassword")} onCancel={onClose}>
      <p>{t("users.resetText", { name })}</p>
      <PasswordField value={password} onChange={setPassword} />
    </Form>
  );
}

/** Asks before a user goes; the name has to be typed. */
export function DeleteUserDialog({ user: { name }, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  const { remove } = useUserChanges();
  return (
    <ConfirmDialog
      title={t("users.deleteTitle", { name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("users.delete")}
      danger
      typeToConfirm={name}
      onConfirm={async () => {
        await remove.mutateAsync(name);
        toast(t("users.deleted", { name }));
      }}
    >
      <p>{t("users.deleteText", { name })}</p>
    </ConfirmDialog>
  );
}

/** The access keys of a user, which an administrator may delete: when somebody leaves, or a secret got out. */
export function KeysOfUserDialog({ user, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.keysTitle", { name: user.name })} isOpen={isOpen} onClose={onClose} size="large">
      <KeysOfUser name={user.name} />
    </Dialog>
  );
}

function KeysOfUser({ name }: { name: string }) {
  const { t } = useTranslation("account");
  const keys = useKeysOfUser(name);
  const remove = useDeleteKeyOfUser(name);
  const deletion = useRowDialog<AccessKey>();
  const columns: TableColumn<AccessKey>[] = [
    { id: "access", header: t("keys.access"), cell: ({ access }) => <code>{access}</code>, isRowHeader: true },
    { id: "created", header: t("created"), cell: ({ created }) => <Time value={created} />, hideBelow: "small" },
    { id: "lastUsed", header: t("lastUsed"), cell: ({ lastUsed }) => <Time value={lastUsed} /> },
    {
      id: "actions",
      header: "",
      label: t("actionsFor", { name: t("keys.title") }),
      cell: (key) => (
        <IconButton label={t("keys.delete")} icon={<IconTrash />} size="small" onPress={() => deletion.open(key)} />
      ),
      align: "end",
      width: "3rem",
    },
  ];
  if (keys.isError) return <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />;
  return (
    <>
      <Table
        label={t("users.keysTitle", { name })}
        columns={columns}
        rows={keys.data ?? []}
        rowKey={({ access }) => access}
        isLoading={keys.isPending}
        emptyState={<Empty title={t("users.noKeys", { name })} icon={<IconKey size={20} />} />}
      />
      {deletion.row && (
        <DeleteKeyDialog
          accessKey={deletion.row}
          isOpen={deletion.isOpen}
          onClose={deletion.close}
          onConfirm={remove.mutateAsync}
        />
      )}
    </>
  );
}

/** The logins of a user, which an administrator may end: when somebody leaves, or a machine is lost. */
export function LoginsOfUserDialog({ user: { name }, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  const [isEnding, setEnding] = useState(false);
  return (
    <>
      <Dialog title={t("logins.ofUser", { name })} isOpen={isOpen} onClose={onClose} size="large">
        <div className={styles.parts}>
          <LoginsTable name={name} />
          <div className={styles.end}>
            <Button icon={<IconSignOut />} onPress={() => setEnding(true)}>
              {t("logins.endAll")}
            </Button>
          </div>
        </div>
      </Dialog>
      <EndOthersDialog name={name} isOpen={isEnding} onClose={() => setEnding(false)} />
    </>
  );
}
