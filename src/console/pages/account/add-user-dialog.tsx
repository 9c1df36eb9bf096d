import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCOUNT_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError } from "../../api/client.ts";
import { type Role, useUserChanges } from "../../api/users.ts";
import { Dialog, Form, TextField } from "../../ui/index.ts";
import { FieldError } from "../field-error.ts";
import { type Credentials, NewCredentials } from "./new-credentials.tsx";
import { GENERATED_PASSWORD, PasswordField, usePasswordMaker } from "./password-field.tsx";
import { RoleField } from "./role-field.tsx";

/** Adds a user to one's account, and shows what to hand over. */
export function AddUserDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.newTitle")} isOpen={isOpen} onClose={onClose}>
      <AddUser onClose={onClose} />
    </Dialog>
  );
}

function AddUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["account", "common"]);
  const { create } = useUserChanges();
  const [name, setName] = useState("");
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const [role, setRole] = useState<Role>("member");
  const makePassword = usePasswordMaker();
  const [added, setAdded] = useState<Credentials>();

  async function submit() {
    const credentials = { name: name.trim(), password: makePassword(password) };
    try {
      await create.mutateAsync({ ...credentials, role });
      setAdded(credentials);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "USER_RESERVED") throw new FieldError("name", t("users.nameReserved"), error);
      if (error.code === "USER_EXISTS") throw new FieldError("name", t("users.nameTaken"), error);
      if (error.detail?.field === "name") throw new FieldError("name", t("users.nameInvalid"), error);
      throw error;
    }
  }

  if (added) return <NewCredentials credentials={added} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("users.add")} onCancel={onClose}>
      <TextField
        label={t("users.name")}
        description={t("users.nameRule")}
        name="name"
        value={name}
        onChange={setName}
        maxLength={MAX_ACCOUNT_NAME_LENGTH}
        isRequired
        autoComplete="off"
        spellCheck="false"
      />
      <PasswordField value={password} onChange={setPassword} />
      <RoleField value={role} onChange={setRole} />
    </Form>
  );
}
