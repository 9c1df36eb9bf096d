import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, FieldError } from "../../api/client.ts";
import { PASSWORD_LENGTH } from "../../api/users.ts";
import { Button, CopyButton, DescriptionList, Notice, RadioGroup, TextField, useLoss } from "../../ui/index.ts";
import styles from "./account.module.css";
import { randomPassword } from "./credentials.ts";

/** Where the password of somebody else comes from. */
export interface PasswordChoice {
  kind: "generated" | "typed";
  /** What was typed, which counts for the second kind only. */
  typed: string;
}

/** What a form begins with. */
export const GENERATED_PASSWORD: PasswordChoice = { kind: "generated", typed: "" };

export interface PasswordFieldProps {
  value: PasswordChoice;
  onChange: (choice: PasswordChoice) => void;
}

/** A password for somebody else: made up when the form is sent, or typed. */
export function PasswordField({ value: { kind, typed }, onChange }: PasswordFieldProps) {
  const { t } = useTranslation("account");
  return (
    <>
      <RadioGroup
        label={t("users.password")}
        {...(kind === "generated" && { name: "password" })}
        options={[
          { value: "generated", label: t("users.generate"), description: t("users.generateText") },
          { value: "typed", label: t("users.typePassword") },
        ]}
        value={kind}
        onChange={(chosen) => onChange({ kind: chosen, typed })}
      />
      {kind === "typed" && (
        <TextField
          label={t("users.newPassword")}
          description={t("users.passwordRule", PASSWORD_LENGTH)}
          type="password"
          name="password"
          value={typed}
          onChange={(text) => onChange({ kind, typed: text })}
          isRequired
          autoComplete="new-password"
        />
      )}
    </>
  );
}

/**
 * What makes the password of a choice, once its form is sent.
 *
 * @throws FieldError for one that the registry would not take.
 */
export function usePasswordMaker(): (choice: PasswordChoice) => string {
  const { t } = useTranslation("account");
  const { min, max } = PASSWORD_LENGTH;
  return ({ kind, typed }) => {
    if (kind === "generated") return randomPassword();
    if (typed.length >= min && typed.length <= max) return typed;
    throw new FieldError("password", t("users.passwordLength", PASSWORD_LENGTH));
  };
}

/** With what somebody signs in. */
export interface Credentials {
  name: string;
  password: string;
}

/** Shows the name and password that were just set, this once, so that they can be handed over. */
export function NewCredentials({
  credentials: { name, password },
  onClose,
}: {
  credentials: Credentials;
  onClose: () => void;
}) {
  const { t } = useTranslation("account");
  const [isKept, setKept] = useState(false);
  useLoss(!isKept ? "secret" : undefined);
  return (
    <div className={styles.parts}>
      <Notice tone="success" role="status">
        {t("users.handOver", { name })}
      </Notice>
      <DescriptionList
        items={[
          { term: t("users.name"), value: <SecretValue value={name} copyLabel={t("users.copyName")} /> },
          {
            term: t("users.password"),
            value: <SecretValue value={password} copyLabel={t("users.copyPassword")} onCopied={() => setKept(true)} />,
          },
        ]}
      />
      <div className={styles.end}>
        <Button variant="primary" autoFocus onPress={onClose}>
          {t("users.done")}
        </Button>
      </div>
    </div>
  );
}

export interface SecretValueProps {
  value: string;
  copyLabel: string;
  onCopied?: () => void;
}

/** Something that is shown once, to be copied. */
export function SecretValue({ value, copyLabel, onCopied }: SecretValueProps) {
  return (
    <span className={styles.secret}>
      <code>{value}</code>
      <CopyButton value={value} label={copyLabel} onCopied={onCopied} />
    </span>
  );
}

/** Puts a refusal of a new user's name at the field of the form that has the name; other errors stay as they are. */
export function useNameRefusal(field: string): (error: unknown) => unknown {
  const { t } = useTranslation("account");
  return (error) => {
    if (!(error instanceof ApiError)) return error;
    if (error.code === "USER_RESERVED") return new FieldError(field, t("users.nameReserved"), { cause: error });
    if (error.code === "USER_EXISTS") return new FieldError(field, t("users.nameTaken"), { cause: error });
    if (error.detail?.field === field) return new FieldError(field, t("users.nameInvalid"), { cause: error });
    return error;
  };
}
