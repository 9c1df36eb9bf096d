/** Creating an access key, one's own or a robot's: a form asks for its end, and a dialog shows its secret once. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { NewAccessKey } from "../../api/access-keys.ts";
import { dayHere, endOf, startOf } from "../../days.ts";
import type { Day } from "../../../kernel/day.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { LOGIN_COMMANDS, thisRegistry } from "../../login-command/clients.ts";
import { FinishedLogin } from "../../login-command/finished-login.tsx";
import { saveFile } from "../../save-file.ts";
import {
  Button,
  DateField,
  DescriptionList,
  Disclosure,
  Form,
  IconDownload,
  Notice,
  RowDialog,
  type RowDialogState,
  useLoss,
} from "../../ui/index.ts";
import styles from "./account.module.css";
import { credentialsFile } from "./credentials.ts";
import { SecretValue } from "./new-credentials.tsx";

export interface KeyFormProps {
  /** Makes the key. @param ends from when on it is refused; undefined: never. */
  create: (ends: Date | undefined) => Promise<NewAccessKey>;
  onMade: (key: NewAccessKey) => void;
  onCancel?: () => void;
}

/** Makes an access key, which may end on a day. */
export function KeyForm({ create, onMade, onCancel }: KeyFormProps) {
  const { t } = useTranslation("account");
  const [ends, setEnds] = useState<Day>();
  async function submit() {
    onMade(await create(ends === undefined ? undefined : startOf(ends)));
    setEnds(undefined);
  }
  return (
    <Form onSubmit={submit} submitLabel={t("keys.create")} onCancel={onCancel}>
      <DateField
        label={t("keys.ends")}
        description={t("keys.endsHint")}
        name="ends"
        value={ends}
        onChange={setEnds}
        min={dayHere(endOf(dayHere(new Date())))}
      />
    </Form>
  );
}

export interface NewKeyDialogProps {
  state: RowDialogState<NewAccessKey>;
  /** Whose it is; oneself without it. */
  owner?: string;
}

/** Shows a new access key with its secret once, and login commands with it. */
export function NewKeyDialog({ state, owner }: NewKeyDialogProps) {
  const { t } = useTranslation("account");
  return (
    <RowDialog
      state={state}
      title={() => (owner === undefined ? t("keys.newTitle") : t("keys.newOf", { name: owner }))}
      size="large"
      footer={
        <Button variant="primary" onPress={state.close}>
          {t("keys.saved")}
        </Button>
      }
    >
      {(key) => <NewKey created={key} owner={owner} />}
    </RowDialog>
  );
}

function NewKey({ created: { access, secret }, owner }: { created: NewAccessKey; owner: string | undefined }) {
  const { t } = useTranslation("account");
  const self = useSelf();
  const name = owner ?? self.name;
  const project = useSettings().data?.project;
  const user = `${project}@${access}`;
  const [isKept, setKept] = useState(false);
  useLoss(!isKept ? "secret" : undefined);
  const download = () => {
    saveFile("credentials.csv", new Blob([credentialsFile({ user: name, access, secret })], { type: "text/csv" }));
    setKept(true);
  };
  return (
    <div className={styles.parts}>
      <Notice tone="warning">{t("keys.secretOnce")}</Notice>
      <DescriptionList
        items={[
          { term: t("keys.access"), value: <SecretValue value={access} copyLabel={t("keys.copyAccess")} /> },
          {
            term: t("keys.secret"),
            value: <SecretValue value={secret} copyLabel={t("keys.copySecret")} onCopied={() => setKept(true)} />,
          },
        ]}
      />
      <div>
        <Button icon={<IconDownload />} onPress={download}>
          {t("keys.download")}
        </Button>
      </div>
      {project !== undefined && (
        <Disclosure title={t("keys.newLogin")}>
          <div className={styles.parts}>
            <FinishedLogin
              user={user}
              access={access}
              secret={secret}
              placeholder={LOGIN_COMMANDS.docker(thisRegistry(), { user, password: t("keys.loginKey") })}
            />
          </div>
        </Disclosure>
      )}
    </div>
  );
}
