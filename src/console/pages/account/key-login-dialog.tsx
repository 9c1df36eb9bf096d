import { useTranslation } from "react-i18next";
import { useSettings } from "../../api/settings.ts";
import { LOGIN_COMMANDS, thisRegistry } from "../../login-command/clients.ts";
import { loginKeyScript } from "../../login-command/login-key.ts";
import { CodeBlock, Dialog, ErrorNotice, Skeleton } from "../../ui/index.ts";
import styles from "./dialogs.module.css";

export interface KeyLoginDialogProps {
  access: string;
  isOpen: boolean;
  onClose: () => void;
}

/** How to make the permanent login command of an access key whose secret only its owner has (guide 4.2). */
export function KeyLoginDialog({ access, isOpen, onClose }: KeyLoginDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("keys.loginTitle", { access })} isOpen={isOpen} onClose={onClose} size="large">
      <KeyLogin access={access} />
    </Dialog>
  );
}

function KeyLogin({ access }: { access: string }) {
  const { t } = useTranslation("account");
  const settings = useSettings();
  if (settings.isError) return <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />;
  if (!settings.data) return <Skeleton lines={6} />;
  const login = { user: `${settings.data.project}@${access}`, password: t("keys.loginKey") };
  return (
    <div className={styles.parts}>
      <p>{t("keys.loginText")}</p>
      <CodeBlock code={loginKeyScript(access, undefined)} copyLabel={t("keys.copyScript")} />
      <p>{t("keys.loginThen")}</p>
      <CodeBlock code={LOGIN_COMMANDS.docker(thisRegistry(), login)} wrap />
    </div>
  );
}
