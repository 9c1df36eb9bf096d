import { useTranslation } from "react-i18next";
import type { NewAccessKey } from "../../api/access-keys.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { LOGIN_COMMANDS, thisRegistry } from "../../login-command/clients.ts";
import { FinishedLogin } from "../../login-command/finished-login.tsx";
import { Button, DescriptionList, Dialog, Disclosure, IconDownload, Notice } from "../../ui/index.ts";
import { credentialsFile } from "./credentials-file.ts";
import styles from "./dialogs.module.css";
import { saveFile } from "./save-file.ts";
import { SecretValue } from "./secret-value.tsx";

export interface NewKeyDialogProps {
  created: NewAccessKey;
  isOpen: boolean;
  onClose: () => void;
}

/** Shows a new access key with its secret, this once, and what can be made of it. */
export function NewKeyDialog({ created, isOpen, onClose }: NewKeyDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog
      title={t("keys.newTitle")}
      isOpen={isOpen}
      onClose={onClose}
      size="large"
      footer={
        <Button variant="primary" onPress={onClose}>
          {t("keys.saved")}
        </Button>
      }
    >
      <NewKey created={created} />
    </Dialog>
  );
}

function NewKey({ created: { access, secret } }: { created: NewAccessKey }) {
  const { t } = useTranslation("account");
  const { name } = useSelf();
  const project = useSettings().data?.project;
  const user = `${project}@${access}`;
  return (
    <div className={styles.parts}>
      <Notice tone="warning">{t("keys.secretOnce")}</Notice>
      <DescriptionList
        items={[
          { term: t("keys.access"), value: <SecretValue value={access} copyLabel={t("keys.copyAccess")} /> },
          { term: t("keys.secret"), value: <SecretValue value={secret} copyLabel={t("keys.copySecret")} /> },
        ]}
      />
      <div>
        <Button
          icon={<IconDownload />}
          onPress={() => saveFile("credentials.csv", "text/csv", credentialsFile({ user: name, access, secret }))}
        >
          {t("keys.download")}
        </Button>
      </div>
      {project !== undefined && (
        <Disclosure title={t("keys.newLogin")}>
          <div className={styles.parts}>
            <FinishedLogin
              user={user}
              access={access}
              secret={secret}
              placeholder={LOGIN_COMMANDS.docker(thisRegistry(), { user, password: t("keys.loginKey") })}
            />
          </div>
        </Disclosure>
      )}
    </div>
  );
}
