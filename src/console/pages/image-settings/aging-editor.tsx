import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { agingPreview, type AgingRule, type AgingRuleContent, MAX_AGING_AMOUNT } from "../../api/aging.ts";
import { Card, Form, NumberField, RadioGroup, TextArea } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { AgingPreview } from "./aging-preview.tsx";
import styles from "./image-settings.module.css";

export interface AgingEditorProps {
  /** The one to be changed; null for a new one. */
  rule: AgingRule | null;
  onClose: () => void;
}

/** What a new rule begins with. */
const FIRST_AMOUNT: Readonly<Record<AgingRuleContent["kind"], number>> = { date_rule: 30, tag_rule: 10 };

/** A rule is written, its effect looked at, and only then saved: saving deletes at once (guide 4.8, table 4-4). */
export function AgingEditor({ rule, onClose }: AgingEditorProps) {
  const { t } = useTranslation("aging");
  const [previewed, setPreviewed] = useState<AgingRuleContent>();
  return (
    <>
      <Card title={rule ? t("editTitle") : t("addTitle")} description={t("intro")}>
        <RuleForm
          rule={rule}
          onPreview={setPreviewed}
          // What was looked at is no longer what would be saved.
          onChange={() => setPreviewed(undefined)}
          onCancel={onClose}
        />
      </Card>
      {previewed && <AgingPreview rule={previewed} onSaved={onClose} />}
    </>
  );
}

interface RuleFormProps {
  rule: AgingRule | null;
  onPreview: (rule: AgingRuleContent) => void;
  onChange: () => void;
  onCancel: () => void;
}

function RuleForm({ rule, onPreview, onChange, onCancel }: RuleFormProps) {
  const { t } = useTranslation("aging");
  const client = useQueryClient();
  const { organization, image } = useImage();
  const [kind, setKind] = useState(rule?.kind ?? "date_rule");
  const [amount, setAmount] = useState<number | undefined>(rule?.amount ?? FIRST_AMOUNT.date_rule);
  const [labels, setLabels] = useState(rule?.labels.join("\n") ?? "");
  const [patterns, setPatterns] = useState(rule?.patterns.join("\n") ?? "");
  const [isAmountMissing, setAmountMissing] = useState(false);
  const isByAge = kind === "date_rule";
  const max = MAX_AGING_AMOUNT[kind];

  const submit = async () => {
    if (amount === undefined) return setAmountMissing(true);
    const wanted = { kind, amount, labels: wordsOf(labels), patterns: linesOf(patterns) };
    await client.fetchInfiniteQuery(agingPreview({ organization, image }, wanted));
    return onPreview(wanted);
  };
  const changing =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      onChange();
    };
  return (
    <Form onSubmit={submit} onCancel={onCancel} submitLabel={t("preview")}>
      <RadioGroup
        label={t("kind")}
        options={[
          { value: "date_rule", label: t("byAge"), description: t("byAgeHint") },
          { value: "tag_rule", label: t("byCount"), description: t("byCountHint") },
        ]}
        value={kind}
        onChange={changing((value) => {
          setKind(value);
          setAmount(rule?.kind === value ? rule.amount : FIRST_AMOUNT[value]);
        })}
      />
      <div className={styles.amount}>
        <NumberField
          label={isByAge ? t("days") : t("count")}
          name={isByAge ? "days" : "num"}
          unit={isByAge ? t("daysUnit") : t("countUnit")}
          error={isAmountMissing ? t("amountMissing", { max }) : undefined}
          min={1}
          max={max}
          value={amount}
          onChange={changing((value) => {
            setAmount(value);
            setAmountMissing(false);
          })}
          isRequired
        />
      </div>
      <TextArea
        label={t("labels")}
        name="labels"
        description={t("labelsHint")}
        rows={2}
        value={labels}
        onChange={changing(setLabels)}
        isMonospace
        spellCheck="false"
      />
      <TextArea
        label={t("patterns")}
        name="patterns"
        description={t("patternsHint")}
        rows={2}
        value={patterns}
        onChange={changing(setPatterns)}
        isMonospace
        spellCheck="false"
      />
    </Form>
  );
}

/** Tags, which have no spaces in them. */
function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/** Expressions, which may have anything in them but line breaks. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter(Boolean))];
}
