import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import { lastUser, useSignIn } from "../../api/session.ts";
import { Form, TextField } from "../../ui/index.ts";

export interface SignInFormProps {
  /** Who is to sign in; anybody without it. */
  name?: string;
  onSignedIn: () => void;
}

/** Name and password. */
export function SignInForm({ name: fixedName, onSignedIn }: SignInFormProps) {
  const { t } = useTranslation("session");
  const signIn = useSignIn();
  const [name, setName] = useState(fixedName ?? lastUser() ?? "");
  const [password, setPassword] = useState("");
  const [startsWithName] = useState(name === "");

  const submit = async () => {
    try {
      await signIn.mutateAsync({ name: name.trim(), password });
    } catch (error) {
      setPassword("");
      if (error instanceof ApiError && error.status === 401) throw new Error(t("wrongPassword"), { cause: error });
      if (error instanceof ApiError && error.status === 429) throw new Error(t("tooManyAttempts"), { cause: error });
      throw error;
    }
    onSignedIn();
  };
  return (
    <Form onSubmit={submit} submitLabel={t("submit")}>
      <TextField
        label={t("name")}
        value={name}
        onChange={setName}
        isRequired
        autoComplete="username"
        isReadOnly={fixedName !== undefined}
        autoFocus={startsWithName}
      />
      <TextField
        label={t("password")}
        type="password"
        value={password}
        onChange={setPassword}
        isRequired
        autoComplete="current-password"
        autoFocus={!startsWithName}
      />
    </Form>
  );
}
