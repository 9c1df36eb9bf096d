import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCOUNT_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import { useAccountChanges } from "../../api/accounts.ts";
import { ApiError } from "../../api/client.ts";
import { Dialog, Form, TextField } from "../../ui/index.ts";
import { FieldError } from "../field-error.ts";
import styles from "./dialogs.module.css";
import { type Credentials, NewCredentials } from "./new-credentials.tsx";
import { GENERATED_PASSWORD, PasswordField, usePasswordMaker } from "./password-field.tsx";

/** What the registry calls the field of the administrator's name. */
const ADMINISTRATOR = "administrator.name";

/** Creates an account with its first administrator, and shows what to hand over. */
export function CreateAccountDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("accounts.newTitle")} isOpen={isOpen} onClose={onClose}>
      <CreateAccount onClose={onClose} />
    </Dialog>
  );
}

function CreateAccount({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const { create } = useAccountChanges();
  const [account, setAccount] = useState("");
  const [chosenName, setChosenName] = useState<string>();
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const makePassword = usePasswordMaker();
  const [created, setCreated] = useState<Credentials>();
  // Most often the first administrator bears the account's name.
  const administrator = chosenName ?? account;

  async function submit() {
    const credentials = { name: administrator.trim(), password: makePassword(password) };
    try {
      await create.mutateAsync({ name: account.trim(), administrator: credentials });
      setCreated(credentials);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, detail } = error;
      if (code === "ACCOUNT_EXISTS") throw new FieldError("name", t("accounts.nameTaken"), error);
      if (code === "USER_RESERVED") throw new FieldError(ADMINISTRATOR, t("users.nameReserved"), error);
      if (code === "USER_EXISTS") throw new FieldError(ADMINISTRATOR, t("users.nameTaken"), error);
      if (detail?.field === "name") throw new FieldError("name", t("accounts.nameInvalid"), error);
      if (detail?.field === ADMINISTRATOR) throw new FieldError(ADMINISTRATOR, t("users.nameInvalid"), error);
      throw error;
    }
  }

  if (created) return <NewCredentials credentials={created} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("accounts.create")} onCancel={onClose}>
      <TextField
        label={t("accounts.name")}
        description={t("accounts.nameRule")}
        name="name"
        value={account}
        onChange={setAccount}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <h3 className={styles.heading}>{t("accounts.administrator")}</h3>
      <TextField
        label={t("accounts.administratorName")}
        name={ADMINISTRATOR}
        value={administrator}
        onChange={setChosenName}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <PasswordField value={password} onChange={setPassword} />
    </Form>
  );
}
