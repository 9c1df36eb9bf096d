import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS, MAX_ACCOUNT_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import type { AccessKey, NewAccessKey } from "../../api/access-keys.ts";
import { useSelf } from "../../api/session.ts";
import {
  type Role,
  useCreateKeyOfUser,
  useDeleteKeyOfUser,
  useKeysOfUser,
  type User,
  type UserKind,
  useUserChanges,
} from "../../api/users.ts";
import {
  Button,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconKey,
  IconSignOut,
  IconTrash,
  Notice,
  RadioGroup,
  type Submission,
  Table,
  type TableColumn,
  TextField,
  toast,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { DeleteKeyDialog, useKeyTimes } from "./access-keys.tsx";
import styles from "./account.module.css";
import { KeyForm, NewKeyDialog } from "./key-dialogs.tsx";
import { EndOthersDialog, LoginsTable } from "./logins.tsx";
import {
  type Credentials,
  GENERATED_PASSWORD,
  NewCredentials,
  PasswordField,
  useNameRefusal,
  usePasswordMaker,
} from "./new-credentials.tsx";

/** Adds a user to one's account, and shows what to hand over. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["account", "common"]);
  const { create } = useUserChanges();
  const [name, setName] = useState("");
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const [role, setRole] = useState<Role>("member");
  const [kind, setKind] = useState<UserKind>("person");
  const makePassword = usePasswordMaker();
  const explainName = useNameRefusal("name");
  const [added, setAdded] = useState<Credentials>();

  async function submit() {
    try {
      if (kind === "robot") {
        const robot = name.trim();
        await create.mutateAsync({ name: robot, kind });
        onClose();
        toast(t("users.robotMade", { name: robot }));
        return;
      }
      const credentials = { name: name.trim(), password: makePassword(password) };
      await create.mutateAsync({ ...credentials, role });
      setAdded(credentials);
    } catch (error) {
      throw explainName(error);
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
      <RadioGroup
        label={t("users.kind")}
        name="kind"
        options={(["person", "robot"] as const).map((value) => ({
          value,
          label: t(`users.kinds.${value}`),
          description: t(`users.kindHint.${value}`),
        }))}
        value={kind}
        onChange={setKind}
      />
      {kind === "person" && (
        <>
          <PasswordField value={password} onChange={setPassword} />
          <RoleField value={role} onChange={setRole} />
        </>
      )}
    </Form>
  );
}

interface UserProps {
  user: User;
  onClose: () => void;
}

/** Gives a user another role. */
export function ChangeRole({ user: { name, role: before }, onClose }: UserProps) {
  const { t } = useTranslation(["account", "common"]);
  const { change } = useUserChanges();
  const [role, setRole] = useState(before);
  async function submit({ overwrites }: Submission) {
    await change.mutateAsync({ name, role, version: overwrites ? undefined : before });
    onClose();
    toast(t("users.roleChanged", { name }));
  }
  return (
    <Form onSubmit={submit} submitLabel={t("common:save")} onCancel={onClose} isDisabled={role === before}>
      <RoleField value={role} onChange={setRole} />
    </Form>
  );
}

interface RoleFieldProps {
  value: Role;
  onChange: (role: Role) => void;
}

/** What a user is to be; only operators make operators. */
function RoleField({ value, onChange }: RoleFieldProps) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const roles: Role[] = ["member", "administrator", ...(self.role === "operator" ? (["operator"] as const) : [])];
  return (
    <RadioGroup
      label={t("users.role")}
      name="role"
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
export function ResetPassword({ user: { name }, onClose }: UserProps) {
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

/**
 * The access keys of a user, which an administrator may delete: when somebody leaves, or a secret got out. A robot gets its keys
 * here.
 */
export function KeysOfUser({ user: { name, kind } }: { user: User }) {
  const { t } = useTranslation("account");
  const keys = useKeysOfUser(name);
  const remove = useDeleteKeyOfUser(name);
  const deletion = useRowDialog<AccessKey>();
  const columns: TableColumn<AccessKey>[] = [
    {
      id: "access",
      header: t("keys.access"),
      cell: ({ access }) => <code>{access}</code>,
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
        <IconButton label={t("keys.delete")} icon={<IconTrash />} size="small" onPress={() => deletion.open(key)} />
      ),
      align: "end",
      width: "3rem",
    },
  ];
  if (keys.isError) return <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />;
  return (
    <div className={styles.parts}>
      <Table
        label={t("users.keysTitle", { name })}
        columns={columns}
        rows={keys.data ?? []}
        rowKey={({ access }) => access}
        isLoading={keys.isPending}
        emptyState={<Empty title={t("users.noKeys", { name })} icon={<IconKey size={20} />} />}
      />
      {kind === "robot" && <NewKeyOfRobot name={name} isFull={(keys.data?.length ?? 0) >= MAX_ACCESS_KEYS} />}
      <DeleteKeyDialog state={deletion} onConfirm={remove.mutateAsync} />
    </div>
  );
}

/** Makes an access key for a robot, and shows it this once. */
function NewKeyOfRobot({ name, isFull }: { name: string; isFull: boolean }) {
  const { t } = useTranslation("account");
  const create = useCreateKeyOfUser(name);
  const made = useRowDialog<NewAccessKey>();
  return (
    <>
      {isFull ? (
        <Notice tone="info">{t("users.keyLimit", { count: MAX_ACCESS_KEYS })}</Notice>
      ) : (
        <KeyForm create={create.mutateAsync} onMade={made.open} />
      )}
      <NewKeyDialog state={made} owner={name} />
    </>
  );
}

/** The logins of a user, which an administrator may end: when somebody leaves, or a machine is lost. */
export function LoginsOfUser({ name }: { name: string }) {
  const { t } = useTranslation("account");
  const [isEnding, setEnding] = useState(false);
  return (
    <div className={styles.parts}>
      <LoginsTable name={name} />
      <div className={styles.end}>
        <Button icon={<IconSignOut />} onPress={() => setEnding(true)}>
          {t("logins.endAll")}
        </Button>
      </div>
      <EndOthersDialog name={name} isOpen={isEnding} onClose={() => setEnding(false)} />
    </div>
  );
}
