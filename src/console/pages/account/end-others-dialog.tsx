import { useTranslation } from "react-i18next";
import { useEndLogins } from "../../api/logins.ts";
import { ConfirmDialog, toast } from "../../ui/index.ts";

export interface EndOthersDialogProps {
  /** Whose logins; one's own by default. */
  name?: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks before all logins of a user end but the one that this page has. */
export function EndOthersDialog({ name, isOpen, onClose }: EndOthersDialogProps) {
  const { t } = useTranslation("account");
  const end = useEndLogins(name);
  return (
    <ConfirmDialog
      title={name === undefined ? t("logins.endOthersTitle") : t("logins.endAllTitle", { name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={name === undefined ? t("logins.endOthers") : t("logins.endAll")}
      danger
      onConfirm={async () => {
        const count = await end.mutateAsync(undefined);
        toast(t("logins.ended", { count }));
      }}
    >
      <p>{t("logins.endOthersText")}</p>
    </ConfirmDialog>
  );
}
