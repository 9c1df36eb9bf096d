import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_ACCESS_KEYS } from "../../kernel/field-limits.ts";
import { type NewAccessKey, useAccessKeys, useCreateAccessKey } from "../api/access-keys.ts";
import { unwrap } from "../../client/api/client.ts";
import { api } from "../api/client.ts";
import { useSettings } from "../api/settings.ts";
import { LOGIN_KINDS, type LoginKind, PATHS } from "../paths.ts";
import {
  Button,
  CodeBlock,
  CopyButton,
  Dialog,
  ErrorNotice,
  formatDate,
  Link,
  Notice,
  RadioGroup,
  Skeleton,
  Tabs,
  useLoss,
} from "../ui/index.ts";
import { LOGIN_COMMANDS, loginKeyScript, thisRegistry } from "./clients.ts";
import { FinishedLogin, LoginCommands } from "./finished-login.tsx";
import styles from "./login-command.module.css";

export interface LoginCommandDialogProps {
  /** Which one is shown. */
  kind: LoginKind;
  /** The address that shows a kind. */
  hrefOf: (kind: LoginKind) => string;
  onClose: () => void;
}

/** Makes login commands. Which kind is shown is part of the address of the page around it. */
export default function LoginCommandDialog({ kind, hrefOf, onClose }: LoginCommandDialogProps) {
  const { t } = useTranslation("login");
  return (
    <Dialog title={t("title")} isOpen onClose={onClose} size="large">
      <div className={styles.dialog}>
        <Tabs
          label={t("kinds")}
          selected={kind}
          items={LOGIN_KINDS.map((id) => ({ id, label: t(id), href: hrefOf(id) }))}
        />
        {kind === "temporary" ? <TemporaryLogin /> : <PermanentLogin />}
      </div>
    </Dialog>
  );
}

/** A login command that works for 24 hours. */
function TemporaryLogin() {
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

/** A login command that works until its access key is deleted: the guide's steps (4.2) with the values of this registry. */
function PermanentLogin() {
  const { t } = useTranslation("login");
  const keys = useAccessKeys();
  const settings = useSettings();
  const create = useCreateAccessKey();
  const [chosen, setChosen] = useState<string>();
  const [made, setMade] = useState<NewAccessKey>();
  const [kept, setKept] = useState<string>();
  useLoss(made !== undefined && kept !== made.access ? "secret" : undefined);

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
                <CopyButton value={made.secret} label={t("copySecret")} onCopied={() => setKept(made.access)} />
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
              {t("keyLimit", { count: MAX_ACCESS_KEYS })} <Link href={PATHS.accessKeys}>{t("manageKeys")}</Link>
            </p>
          )}
        </li>
        {access !== undefined && (
          <>
            <li>
              <h3>{t("stepScript")}</h3>
              <p className={styles.hint}>{secret === undefined ? t("scriptAsks") : t("scriptHasSecret")}</p>
              <CodeBlock code={loginKeyScript(access, secret)} copyLabel={t("copyScript")} />
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
