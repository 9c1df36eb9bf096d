import { useTranslation } from "react-i18next";
import type { AccessKey } from "../../api/access-keys.ts";
import { useDeleteKeyOfUser, useKeysOfUser } from "../../api/users.ts";
import {
  Dialog,
  Empty,
  ErrorNotice,
  IconButton,
  IconKey,
  IconTrash,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import type { UserDialogProps } from "./change-role-dialog.tsx";
import { DeleteKeyDialog } from "./delete-key-dialog.tsx";

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
