import { useTranslation } from "react-i18next";
import { Dialog, Tabs } from "../ui/index.ts";
import { LOGIN_KINDS, type LoginKind } from "./kinds.ts";
import styles from "./login-command.module.css";
import { PermanentLogin } from "./permanent-login.tsx";
import { TemporaryLogin } from "./temporary-login.tsx";

export interface LoginCommandDialogProps {
  /** Which one is shown. */
  kind: LoginKind;
  /** The address that shows a kind. */
  hrefOf: (kind: LoginKind) => string;
  onClose: () => void;
}

/** Makes login commands. Which kind is shown is part of the address of the page around it. */
export default function LoginCommandDialog({ kind, hrefOf, onClose }: LoginCommandDialogProps) {
  const { t } = useTranslation("login");
  return (
    <Dialog title={t("title")} isOpen onClose={onClose} size="large">
      <div className={styles.dialog}>
        <Tabs
          label={t("kinds")}
          selected={kind}
          items={LOGIN_KINDS.map((id) => ({ id, label: t(id), href: hrefOf(id) }))}
        />
        {kind === "temporary" ? <TemporaryLogin /> : <PermanentLogin />}
      </div>
    </Dialog>
  );
}
