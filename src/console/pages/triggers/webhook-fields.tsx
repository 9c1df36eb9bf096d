import { useTranslation } from "react-i18next";
import { MAX_URL_LENGTH } from "../../../kernel/field-limits.ts";
import { type TriggerTarget, WEBHOOK_FORMATS } from "../../api/triggers.ts";
import { Select, TextField } from "../../ui/index.ts";
import { SecretField } from "./secret-field.tsx";
import type { WebhookDraft } from "./trigger-draft.ts";
import styles from "./triggers.module.css";

export interface WebhookFieldsProps {
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
        description={t("secretHint")}
        isStored={stored?.hasSecret === true}
        isMoved={isMoved}
        draft={target.secret}
        onChange={(secret) => set({ secret })}
        canGenerate
      />
      <SecretField
        label={t("authorization")}
        description={t("authorizationHint")}
        isStored={stored?.hasAuthorization === true}
        isMoved={isMoved}
        draft={target.authorization}
        onChange={(authorization) => set({ authorization })}
      />
    </div>
  );
}
