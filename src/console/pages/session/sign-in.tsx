import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Redirect, useLocation, useSearch } from "wouter";
import { ApiError } from "../../api/client.ts";
import { lastUser, useSession, useSignIn } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { nextPath, PATHS } from "../../paths.ts";
import { Card, Form, Link, Notice, Page, TextField } from "../../ui/index.ts";
import styles from "./session.module.css";

/** `/sign-in?next=<path>`. */
export default function SignIn() {
  const { t } = useTranslation("session");
  const user = useSession().data;
  const [, navigate] = useLocation();
  const next = nextPath(useSearch());
  const isPublic = useSettings().data?.anonymousPull === true;
  if (user) return <Redirect to={next} replace />;
  return (
    <div className={styles.page}>
      <Page title={t("title")}>
        {user === null && lastUser() !== undefined && <Notice tone="info">{t("ended")}</Notice>}
        <Card>
          <SignInForm onSignedIn={() => navigate(next, { replace: true })} />
        </Card>
        {isPublic && (
          <p className={styles.aside}>
            {t("lookAround")} <Link href={PATHS.imageCentre}>{t("imageCentre")}</Link>
          </p>
        )}
      </Page>
    </div>
  );
}

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
    <Form onSubmit={submit} submitLabel={t("submit")} isGuarded={false}>
      <TextField
        label={t("name")}
        name="name"
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
        name="password"
        value={password}
        onChange={setPassword}
        isRequired
        autoComplete="current-password"
        autoFocus={!startsWithName}
      />
    </Form>
  );
}
