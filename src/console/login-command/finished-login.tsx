import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { CodeBlock } from "../ui/index.ts";
import styles from "./login-command.module.css";
import { LoginCommands } from "./login-commands.tsx";
import { loginKey } from "./login-key.ts";

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
      <CodeBlock code={placeholder} copyLabel={t("copyCommand")} wrap />
    </>
  );
}
