import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  MAX_AUDIENCE_LENGTH,
  MAX_CLAIM_NAME_LENGTH,
  MAX_CLAIM_PATTERN_LENGTH,
  MAX_ISSUER_LENGTH,
  MAX_TRUST_CONDITIONS,
  MAX_TRUST_GRANTS,
  MAX_TRUST_LIFETIME_S,
  MAX_TRUST_RULE_NAME_LENGTH,
  MIN_TRUST_LIFETIME_S,
} from "../../../kernel/field-limits.ts";
import { type TrustRule, useTrustRuleChanges } from "../../api/trust-rules.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import {
  Button,
  FieldGroup,
  Form,
  IconButton,
  IconClose,
  IconPlus,
  NumberField,
  RadioGroup,
  Select,
  TextField,
  type TextFieldProps,
  toast,
  type Submission,
} from "../../ui/index.ts";
import { useLevelNames } from "../permissions/permission-table.tsx";
import styles from "./account.module.css";
import {
  type ConditionDraft,
  draftOf,
  type GrantDraft,
  type IssuerKind,
  termsOf,
  type TrustDraft,
  withIssuer,
  withRow,
} from "./trust-draft.ts";

interface TrustFormProps {
  /** Undefined for a new one. */
  rule: TrustRule | undefined;
  /** @param saved the rule as it is now; absent when nothing was done. */
  onClose: (saved?: TrustRule) => void;
}

const ISSUER_KINDS: readonly IssuerKind[] = ["github", "gitlab", "other"];

/** All there is to say of a trust rule. */
export function TrustForm({ rule, onClose }: TrustFormProps) {
  const { t } = useTranslation(["account", "common"]);
  const { add, replace } = useTrustRuleChanges();
  const [draft, setDraft] = useState(() => draftOf(rule));
  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(rule?.updated);
  const set = (changed: Partial<TrustDraft>) => setDraft({ ...draft, ...changed });

  async function submit({ overwrites }: Submission) {
    const name = draft.name.trim();
    const terms = termsOf(draft);
    const saved = rule
      ? await replace.mutateAsync({ name, terms, version: overwrites ? undefined : version })
      : await add.mutateAsync({ name, ...terms });
    onClose(saved);
    toast(t("trust.saved", { name }));
  }

  return (
    <Form onSubmit={submit} submitLabel={rule ? t("common:save") : t("trust.add")} onCancel={() => onClose()}>
      {!rule && (
        <TextField
          label={t("trust.name")}
          description={t("trust.nameRule")}
          name="name"
          value={draft.name}
          onChange={(name) => set({ name })}
          maxLength={MAX_TRUST_RULE_NAME_LENGTH}
          isRequired
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <RadioGroup
        label={t("trust.issuer")}
        {...(draft.issuerKind !== "other" && { name: "issuer" })}
        options={ISSUER_KINDS.map((value) => ({ value, label: t(`trust.issuers.${value}`) }))}
        value={draft.issuerKind}
        onChange={(kind) => setDraft(withIssuer(draft, kind))}
      />
      {draft.issuerKind === "other" && (
        <TextField
          label={t("trust.address")}
          description={t("trust.addressHint")}
          type="url"
          name="issuer"
          value={draft.issuer}
          onChange={(issuer) => set({ issuer })}
          maxLength={MAX_ISSUER_LENGTH}
          isRequired
          isMonospace
          autoComplete="off"
        />
      )}
      <TextField
        label={t("trust.audience")}
        description={t("trust.audienceHint", { host: thisRegistry().host })}
        name="audience"
        value={draft.audience}
        onChange={(audience) => set({ audience })}
        maxLength={MAX_AUDIENCE_LENGTH}
        placeholder={thisRegistry().host}
        isMonospace
        autoComplete="off"
      />
      <Conditions rows={draft.conditions} onChange={(conditions) => set({ conditions })} />
      <Grants rows={draft.grants} onChange={(grants) => set({ grants })} />
      <NumberField
        label={t("trust.lifetime")}
        description={t("trust.lifetimeHint")}
        name="lifetime"
        min={MIN_TRUST_LIFETIME_S / 60}
        max={MAX_TRUST_LIFETIME_S / 60}
        value={draft.minutes}
        onChange={(minutes) => set({ minutes })}
        unit={t("trust.minutes")}
        isRequired
      />
    </Form>
  );
}

/** A field for text that claims or names have to match as it is. */
function ExactField(props: TextFieldProps) {
  return <TextField {...props} isRequired isMonospace autoComplete="off" spellCheck="false" />;
}

interface RowsProps<T> {
  rows: readonly T[];
  onChange: (rows: readonly T[]) => void;
}

/** What claims have to be. */
function Conditions({ rows, onChange }: RowsProps<ConditionDraft>) {
  const { t } = useTranslation("account");
  const change = (row: ConditionDraft) => onChange(rows.map((other) => (other.id === row.id ? row : other)));
  return (
    <FieldGroup label={t("trust.conditions")} description={t("trust.conditionsHint")} name="conditions">
      {rows.map((row, at) => (
        <FieldGroup
          key={row.id}
          label={t("trust.condition", { number: at + 1 })}
          isLabelHidden
          name={`conditions.${at}`}
          isRow
        >
          <div className={styles.cell}>
            <ExactField
              label={t("trust.claim", { number: at + 1 })}
              name={`conditions.${at}.claim`}
              value={row.claim}
              onChange={(claim) => change({ ...row, claim })}
              maxLength={MAX_CLAIM_NAME_LENGTH}
            />
          </div>
          <div className={styles.cell}>
            <Select
              label={t("trust.comparison", { number: at + 1 })}
              options={[
                { value: "value", label: t("trust.isExactly") },
                { value: "glob", label: t("trust.matches") },
              ]}
              value={row.kind}
              onChange={(kind) => change({ ...row, kind })}
            />
          </div>
          <div className={styles.wideCell}>
            <ExactField
              label={t("trust.text", { number: at + 1 })}
              name={`conditions.${at}.${row.kind}`}
              value={row.text}
              onChange={(text) => change({ ...row, text })}
              maxLength={MAX_CLAIM_PATTERN_LENGTH}
            />
          </div>
          <IconButton
            label={t("trust.removeCondition", { number: at + 1 })}
            icon={<IconClose />}
            isDisabled={rows.length === 1}
            onPress={() => onChange(rows.filter((other) => other.id !== row.id))}
          />
        </FieldGroup>
      ))}
      <div>
        <Button
          icon={<IconPlus />}
          isDisabled={rows.length >= MAX_TRUST_CONDITIONS}
          onPress={() => onChange(withRow(rows, { claim: "", kind: "value", text: "" }))}
        >
          {t("trust.addCondition")}
        </Button>
      </div>
    </FieldGroup>
  );
}

/** What the jobs may do. */
function Grants({ rows, onChange }: RowsProps<GrantDraft>) {
  const { t } = useTranslation("account");
  const { choices } = useLevelNames();
  const change = (row: GrantDraft) => onChange(rows.map((other) => (other.id === row.id ? row : other)));
  return (
    <FieldGroup label={t("trust.grants")} description={t("trust.grantsHint")} name="grants">
      {rows.map((row, at) => (
        <FieldGroup key={row.id} label={t("trust.level", { number: at + 1 })} isLabelHidden name={`grants.${at}`} isRow>
          <div className={styles.wideCell}>
            <ExactField
              label={t("trust.target", { number: at + 1 })}
              name={`grants.${at}.${row.target.includes("/") ? "image" : "organization"}`}
              value={row.target}
              onChange={(target) => change({ ...row, target })}
              placeholder={t("trust.targetExample")}
            />
          </div>
          <div className={styles.cell}>
            <Select
              label={t("trust.level", { number: at + 1 })}
              name={`grants.${at}.level`}
              options={choices}
              value={row.level}
              onChange={(level) => change({ ...row, level })}
            />
          </div>
          <IconButton
            label={t("trust.removeGrant", { number: at + 1 })}
            icon={<IconClose />}
            isDisabled={rows.length === 1}
            onPress={() => onChange(rows.filter((other) => other.id !== row.id))}
          />
        </FieldGroup>
      ))}
      <div>
        <Button
          icon={<IconPlus />}
          isDisabled={rows.length >= MAX_TRUST_GRANTS}
          onPress={() => onChange(withRow(rows, { target: "", level: "read" }))}
        >
          {t("trust.addGrant")}
        </Button>
      </div>
    </FieldGroup>
  );
}
