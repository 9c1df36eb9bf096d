import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS } from "../../kernel/field-limits.ts";
import { type NewAccessKey, useAccessKeys, useCreateAccessKey } from "../api/access-keys.ts";
import { useSettings } from "../api/settings.ts";
import { Button, CodeBlock, CopyButton, ErrorNotice, Link, Notice, RadioGroup, Skeleton } from "../ui/index.ts";
import { formatDate } from "../ui/index.ts";
import { LOGIN_COMMANDS, thisRegistry } from "./clients.ts";
import { FinishedLogin } from "./finished-login.tsx";
import styles from "./login-command.module.css";
import { loginKeyScript } from "./login-key.ts";

/** A login command that works until its access key is deleted: the guide's steps (4.2) with the values of this registry. */
export function PermanentLogin() {
  const { t } = useTranslation("login");
  const keys = useAccessKeys();
  const settings = useSettings();
  const create = useCreateAccessKey();
  const [chosen, setChosen] = useState<string>();
  const [made, setMade] = useState<NewAccessKey>();

  if (keys.isError) return <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />;
  if (settings.isError) return <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />;
  if (!keys.data || !settings.data) return <Skeleton lines={8} />;

  const access = chosen ?? keys.data[0]?.access;
  const secret = made !== undefined && made.access === access ? made.secret : undefined;
  const add = () =>
    create.mutate(undefined, {
      onSuccess: (key) => {
        setMade(key);
        setChosen(key.access);
      },
    });
  return (
    <div className={styles.part}>
      <p>{t("permanentText")}</p>
      <ol className={styles.steps}>
        <li>
          <h3>{t("stepKey")}</h3>
          {keys.data.length > 0 && (
            <RadioGroup
              label={t("accessKey")}
              options={keys.data.map((key) => ({
                value: key.access,
                label: key.access,
                description: t("keyCreated", { date: formatDate(key.created, "day") }),
              }))}
              value={access ?? ""}
              onChange={setChosen}
            />
          )}
          {create.isError && <ErrorNotice error={create.error} />}
          {made && (
            <Notice tone="warning" title={t("secretTitle")}>
              <p>{t("secretText")}</p>
              <p className={styles.secret}>
                <code>{made.secret}</code>
                <CopyButton value={made.secret} label={t("copySecret")} />
              </p>
            </Notice>
          )}
          {keys.data.length < MAX_ACCESS_KEYS ? (
            <div>
              <Button
                isPending={create.isPending}
                onPress={add}
                variant={access === undefined ? "primary" : "secondary"}
              >
                {t("makeKey")}
              </Button>
            </div>
          ) : (
            <p className={styles.hint}>
              {t("keyLimit", { count: MAX_ACCESS_KEYS })} <Link href="/access-keys">{t("manageKeys")}</Link>
            </p>
          )}
        </li>
        {access !== undefined && (
          <>
            <li>
              <h3>{t("stepScript")}</h3>
              <p className={styles.hint}>{secret === undefined ? t("scriptAsks") : t("scriptHasSecret")}</p>
              <CodeBlock code={loginKeyScript(access, secret)} copyLabel={t("copyScript")} wrap />
            </li>
            <li>
              <h3>{t("stepLogin")}</h3>
              <FinishedLogin
                user={`${settings.data.project}@${access}`}
                access={access}
                secret={secret}
                placeholder={LOGIN_COMMANDS.docker(thisRegistry(), {
                  user: `${settings.data.project}@${access}`,
                  password: t("loginKeyPlaceholder"),
                })}
              />
            </li>
            <li>
              <h3>{t("stepHistory")}</h3>
              <CodeBlock code="history -c" copyLabel={t("copyCommand")} />
            </li>
          </>
        )}
      </ol>
      <p className={styles.hint}>{t("permanentEnds")}</p>
    </div>
  );
}
