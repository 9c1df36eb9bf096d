import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Dialog, IconSignOut } from "../../ui/index.ts";
import type { UserDialogProps } from "./change-role-dialog.tsx";
import styles from "./dialogs.module.css";
import { EndOthersDialog } from "./end-others-dialog.tsx";
import { LoginsTable } from "./logins-table.tsx";

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
