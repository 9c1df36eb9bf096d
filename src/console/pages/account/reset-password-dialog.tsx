import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useUserChanges } from "../../api/users.ts";
import { Dialog, Form } from "../../ui/index.ts";
import type { UserDialogProps } from "./change-role-dialog.tsx";
import { type Credentials, NewCredentials } from "./new-credentials.tsx";
import { GENERATED_PASSWORD, PasswordField, usePasswordMaker } from "./password-field.tsx";

/** Sets a new password for a user, and shows what to hand over. */
export function ResetPasswordDialog({ user, isOpen, onClose }: UserDialogProps) {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("users.resetTitle", { name: user.name })} isOpen={isOpen} onClose={onClose}>
      <ResetPassword user={user} onClose={onClose} />
    </Dialog>
  );
}

function ResetPassword({ user: { name }, onClose }: Omit<UserDialogProps, "isOpen">) {
  const { t } = useTranslation("account");
  const { change } = useUserChanges();
  const [password, setPassword] = useState(GENERATED_PASSWORD);
  const makePassword = usePasswordMaker();
  const [done, setDone] = useState<Credentials>();

  async function submit() {
    const credentials = { name, password: makePassword(password) };
    await change.mutateAsync(credentials);
    setDone(credentials);
  }

  if (done) return <NewCredentials credentials={done} onClose={onClose} />;
  return (
    <Form onSubmit={submit} submitLabel={t("users.resetPassword")} onCancel={onClose}>
      <p>{t("users.resetText", { name })}</p>
      <PasswordField value={password} onChange={setPassword} />
    </Form>
  );
}
