import { useTranslation } from "react-i18next";
import { type Account, useAccountChanges } from "../../api/accounts.ts";
import { ConfirmDialog, formatNumber, toast } from "../../ui/index.ts";

export interface DeleteAccountDialogProps {
  account: Account;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks before an account goes with its users; its name has to be typed. */
export function DeleteAccountDialog({ account: { name, users }, isOpen, onClose }: DeleteAccountDialogProps) {
  const { t } = useTranslation("account");
  const { remove } = useAccountChanges();
  return (
    <ConfirmDialog
      title={t("accounts.deleteTitle", { name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("accounts.delete")}
      danger
      typeToConfirm={name}
      onConfirm={async () => {
        await remove.mutateAsync(name);
        toast(t("accounts.deleted", { name }));
      }}
    >
      <p>{t("accounts.deleteText", { count: users, number: formatNumber(users) })}</p>
    </ConfirmDialog>
  );
}
