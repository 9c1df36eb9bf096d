import { useTranslation } from "react-i18next";
import { Button, DescriptionList, Notice } from "../../ui/index.ts";
import styles from "./dialogs.module.css";
import { SecretValue } from "./secret-value.tsx";

/** With what somebody signs in. */
export interface Credentials {
  name: string;
  password: string;
}

/** Shows the name and password that were just set, this once, so that they can be handed over. */
export function NewCredentials({
  credentials: { name, password },
  onClose,
}: {
  credentials: Credentials;
  onClose: () => void;
}) {
  const { t } = useTranslation("account");
  return (
    <div className={styles.parts}>
      <Notice tone="success" role="status">
        {t("users.handOver", { name })}
      </Notice>
      <DescriptionList
        items={[
          { term: t("users.name"), value: <SecretValue value={name} copyLabel={t("users.copyName")} /> },
          { term: t("users.password"), value: <SecretValue value={password} copyLabel={t("users.copyPassword")} /> },
        ]}
      />
      <div className={styles.end}>
        <Button variant="primary" autoFocus onPress={onClose}>
          {t("users.done")}
        </Button>
      </div>
    </div>
  );
}
