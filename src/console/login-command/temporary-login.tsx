import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { unwrap } from "../../client/api/client.ts";
import { api } from "../api/client.ts";
import { Button, ErrorNotice, formatDate, Notice } from "../ui/index.ts";
import { LoginCommands } from "./login-commands.tsx";
import styles from "./login-command.module.css";

/** A login command that works for 24 hours. */
export function TemporaryLogin() {
  const { t } = useTranslation("login");
  const create = useMutation({ mutationFn: async () => unwrap(await api.POST("/api/login-command")) });
  const { data: command } = create;
  return (
    <div className={styles.part}>
      <p>{t("temporaryText")}</p>
      {create.isError && <ErrorNotice error={create.error} onRetry={() => create.mutate()} />}
      {command ? (
        <>
          <LoginCommands login={command} />
          <Notice tone="warning">{t("expires", { time: formatDate(command.expires, "full") })}</Notice>
        </>
      ) : (
        <div>
          <Button variant="primary" isPending={create.isPending} onPress={() => create.mutate()}>
            {t("make")}
          </Button>
        </div>
      )}
    </div>
  );
}
