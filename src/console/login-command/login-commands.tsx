import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CodeBlock, Notice, Select } from "../ui/index.ts";
import { LOGIN_COMMANDS, type Login, type LoginClient, needsInsecureRegistry, thisRegistry } from "./clients.ts";
import styles from "./login-command.module.css";

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
      <CodeBlock code={LOGIN_COMMANDS[client](registry, login)} copyLabel={t("copyCommand")} wrap />
      {client === "docker" && needsInsecureRegistry(registry) && (
        <Notice tone="info">
          {t("insecure")} <code>{`{"insecure-registries": ["${registry.host}"]}`}</code>
        </Notice>
      )}
    </div>
  );
}
