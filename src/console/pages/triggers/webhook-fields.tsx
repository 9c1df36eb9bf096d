import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_URL_LENGTH } from "../../../kernel/field-limits.ts";
import { type TriggerTarget, WEBHOOK_FORMATS } from "../../api/triggers.ts";
import { Button, CopyButton, RadioGroup, Select, TextField, useLoss } from "../../ui/index.ts";
import type { SecretDraft, WebhookDraft } from "./trigger-draft.ts";
import styles from "./triggers.module.css";

interface WebhookFieldsProps {
  target: WebhookDraft;
  /** The webhook as it is; undefined for a new one. */
  stored: Extract<TriggerTarget, { kind: "webhook" }> | undefined;
  /** Whether the URL is another one than the stored secrets were given for. */
  isMoved: boolean;
  onChange: (target: WebhookDraft) => void;
}

/** Where a push is told, in which form, and how the receiver knows who tells it. */
export function WebhookFields({ target, stored, isMoved, onChange }: WebhookFieldsProps) {
  const { t } = useTranslation("triggers");
  const set = (changed: Partial<WebhookDraft>) => onChange({ ...target, ...changed });
  return (
    <div className={styles.group}>
      <TextField
        label={t("url")}
        name="url"
        description={t("urlHint")}
        placeholder="https://hooks.example.com/berth"
        type="url"
        value={target.url}
        onChange={(url) => set({ url })}
        maxLength={MAX_URL_LENGTH}
        isRequired
        isMonospace
        autoComplete="off"
      />
      <Select
        label={t("format")}
        name="format"
        description={t(`formatHints.${target.format}`)}
        options={WEBHOOK_FORMATS.map((value) => ({
          value,
          label: t(`formats.${value}`),
          description: t(`formatHints.${value}`),
        }))}
        value={target.format}
        onChange={(format) => set({ format })}
      />
      <SecretField
        label={t("secret")}
        name="secret"
        description={t("secretHint")}
        isStored={stored?.hasSecret === true}
        isMoved={isMoved}
        draft={target.secret}
        onChange={(secret) => set({ secret })}
        canGenerate
      />
      <SecretField
        label={t("authorization")}
        name="authorization"
        description={t("authorizationHint")}
        isStored={stored?.hasAuthorization === true}
        isMoved={isMoved}
        draft={target.authorization}
        onChange={(authorization) => set({ authorization })}
      />
    </div>
  );
}

interface SecretFieldProps {
  label: string;
  /** What the API calls it. */
  name: string;
  description: string;
  /** Whether the registry has one, which it never shows. */
  isStored: boolean;
  /** It was given for another URL, so that it cannot stay. */
  isMoved: boolean;
  draft: SecretDraft;
  onChange: (draft: SecretDraft) => void;
  /** Whether one can be made up here. */
  canGenerate?: boolean;
}

/** Something secret: a new one, or what becomes of the one that is stored. */
function SecretField({ isStored, isMoved, ...field }: SecretFieldProps) {
  const { t } = useTranslation("triggers");
  const { label, name, draft, onChange } = field;
  if (!isStored) return <NewSecret {...field} />;
  const choices: { value: SecretDraft["choice"]; label: string; isDisabled?: boolean }[] = [
    { value: "keep", label: t("storedKeep"), isDisabled: isMoved },
    { value: "set", label: t("storedReplace") },
    { value: "none", label: t("storedRemove") },
  ];
  const mustChoose = isMoved && draft.choice === "keep";
  return (
    <div className={styles.secret}>
      <RadioGroup
        label={label}
        {...(draft.choice !== "set" && { name })}
        description={mustChoose && t("storedMoved")}
        options={choices}
        value={mustChoose ? undefined : draft.choice}
        onChange={(choice) => onChange({ ...draft, choice })}
        isRequired
      />
      {draft.choice === "set" && <NewSecret {...field} label={t("newValue")} isRequired />}
    </div>
  );
}

type NewSecretProps = Omit<SecretFieldProps, "isStored" | "isMoved"> & { isRequired?: boolean };

function NewSecret({
  label,
  name,
  description,
  draft,
  onChange,
  canGenerate = false,
  isRequired = false,
}: NewSecretProps) {
  const { t } = useTranslation("triggers");
  const [generated, setGenerated] = useState<string>();
  const isGenerated = draft.text !== "" && draft.text === generated;
  const [kept, setKept] = useState<string>();
  useLoss(isGenerated && kept !== generated ? "secret" : undefined);
  const generate = () => {
    const text = makeWebhookSecret();
    setGenerated(text);
    onChange({ choice: "set", text });
  };
  return (
    <div className={styles.secret}>
      <TextField
        label={label}
        name={name}
        description={description}
        // What the reader has to copy has to be seen.
        type={isGenerated ? "text" : "password"}
        value={draft.text}
        onChange={(text) => onChange({ choice: "set", text })}
        isRequired={isRequired}
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      {canGenerate && (
        <div className={styles.generate}>
          <Button size="small" onPress={generate}>
            {t("generate")}
          </Button>
          {isGenerated && (
            <>
              <CopyButton value={draft.text} label={t("copySecret")} onCopied={() => setKept(draft.text)} />
              <span className={styles.note} role="status">
                {t("secretOnce")}
              </span>
            </>
          )}
        </div>
      )}
    </div>
  );
}

/** As many as Standard Webhooks recommends: 24 to 64. */
const SECRET_BYTES = 32;

/** Makes up a secret in the form that every library of Standard Webhooks takes: `whsec_` and base64. */
function makeWebhookSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
