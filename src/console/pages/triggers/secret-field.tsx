import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, CopyButton, RadioGroup, TextField } from "../../ui/index.ts";
import type { SecretDraft } from "./trigger-draft.ts";
import styles from "./triggers.module.css";
import { makeWebhookSecret } from "./webhook-secret.ts";

export interface SecretFieldProps {
  label: string;
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
export function SecretField({ isStored, isMoved, ...field }: SecretFieldProps) {
  const { t } = useTranslation("triggers");
  const { label, draft, onChange } = field;
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

function NewSecret({ label, description, draft, onChange, canGenerate = false, isRequired = false }: NewSecretProps) {
  const { t } = useTranslation("triggers");
  const [generated, setGenerated] = useState<string>();
  const isGenerated = draft.text !== "" && draft.text === generated;
  const generate = () => {
    const text = makeWebhookSecret();
    setGenerated(text);
    onChange({ choice: "set", text });
  };
  return (
    <div className={styles.secret}>
      <TextField
        label={label}
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
              <CopyButton value={draft.text} label={t("copySecret")} />
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
