import { useTranslation } from "react-i18next";
import type { AccessKey } from "../../api/access-keys.ts";
import { ConfirmDialog, formatRelative, toast } from "../../ui/index.ts";

export interface DeleteKeyDialogProps {
  accessKey: AccessKey;
  isOpen: boolean;
  onClose: () => void;
  /** Deletes the key of this name. */
  onConfirm: (access: string) => Promise<unknown>;
}

/** Asks before an access key goes, one's own or another user's. */
export function DeleteKeyDialog({ accessKey: { access, lastUsed }, isOpen, onClose, onConfirm }: DeleteKeyDialogProps) {
  const { t } = useTranslation("account");
  return (
    <ConfirmDialog
      title={t("keys.deleteTitle", { access })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("keys.delete")}
      danger
      onConfirm={async () => {
        await onConfirm(access);
        toast(t("keys.deleted"));
      }}
    >
      <p>{lastUsed === null ? t("keys.neverUsed") : t("keys.lastUsedAt", { time: formatRelative(lastUsed) })}</p>
      <p>{t("keys.deleteText")}</p>
    </ConfirmDialog>
  );
}
