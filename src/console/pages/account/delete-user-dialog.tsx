import { useTranslation } from "react-i18next";
import { useUserChanges } from "../../api/users.ts";
import { ConfirmDialog, toast } from "../../ui/index.ts";
import type { UserDialogProps } from "./change-role-dialog.tsx";

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
