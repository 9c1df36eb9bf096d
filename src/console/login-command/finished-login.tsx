import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CodeBlock, Notice, Select } from "../ui/index.ts";
import {
  type Login,
  LOGIN_COMMANDS,
  type LoginClient,
  loginKey,
  needsInsecureRegistry,
  thisRegistry,
} from "./clients.ts";
import styles from "./login-command.module.css";

export interface FinishedLoginProps {
  user: string;
  access: string;
  /** Known only right after the key was made. */
  secret: string | undefined;
  /** The command with a gap, for when the login key cannot be computed here. */
  placeholder: string;
}

/** The permanent login command itself, whole when the secret of its key is known. */
export function FinishedLogin({ user, access, secret, placeholder }: FinishedLoginProps) {
  const { t } = useTranslation("login");
  const { data: password } = useQuery({
    // The secret stays out of the key, and so out of the cache: an access key has only one.
    queryKey: ["login-key", access, secret !== undefined],
    queryFn: async () => (secret === undefined ? null : ((await loginKey(access, secret)) ?? null)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (password) {
    return (
      <>
        <p className={styles.hint}>{t("finishedText")}</p>
        <LoginCommands login={{ user, password }} />
      </>
    );
  }
  return (
    <>
      <p className={styles.hint}>{t("placeholderText")}</p>
      <CodeBlock code={placeholder} copyLabel={t("copyCommand")} />
    </>
  );
}

const CLIENTS = Object.keys(LOGIN_COMMANDS) as LoginClient[];

/** What to type in order to log in, for the client that one has. */
export function LoginCommands({ login }: { login: Login }) {
  const { t } = useTranslation("login");
  const [client, setClient] = useState<LoginClient>("docker");
  const registry = thisRegistry();
  return (
    <div className={styles.part}>
      <div className={styles.client}>
        <Select
          label={t("client")}
          options={CLIENTS.map((value) => ({ value, label: value }))}
          value={client}
          onChange={setClient}
        />
      </div>
      <CodeBlock code={LOGIN_COMMANDS[client](registry, login)} copyLabel={t("copyCommand")} />
      {client === "docker" && needsInsecureRegistry(registry) && (
        <Notice tone="info">
          {t("insecure")} <code>{`{"insecure-registries": ["${registry.host}"]}`}</code>
        </Notice>
      )}
    </div>
  );
}
