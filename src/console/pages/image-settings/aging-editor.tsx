import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  agingPreview,
  type AgingRule,
  type AgingRuleContent,
  MAX_AGING_AMOUNT,
  type PreviewedTag,
  useAgingChanges,
} from "../../api/aging.ts";
import { useSettings } from "../../api/settings.ts";
import {
  Button,
  Card,
  ConfirmDialog,
  ConflictNotice,
  Disclosure,
  ErrorNotice,
  errorText,
  Form,
  isChangedMeanwhile,
  Name,
  Notice,
  NumberField,
  RadioGroup,
  type Submission,
  Table,
  type TableColumn,
  TextArea,
  Time,
  toast,
  useLoss,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import styles from "./image-settings.module.css";

interface AgingEditorProps {
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
  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(rule?.updated);
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
      {previewed && <AgingPreview rule={previewed} version={version} onSaved={onClose} />}
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
        name="kind"
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
          name="amount"
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

interface AgingPreviewProps {
  /** Its preview has been fetched. */
  rule: AgingRuleContent;
  /** Of the rule that it replaces; undefined: there was none. */
  version: string | undefined;
  onSaved: () => void;
}

/** What a rule would delete now, what it would keep, why, and the button that lets it. */
function AgingPreview({ rule, version, onSaved }: AgingPreviewProps) {
  const { t } = useTranslation("aging");
  const { organization, image } = useImage();
  const preview = useInfiniteQuery(agingPreview({ organization, image }, rule));
  const { save } = useAgingChanges({ organization, image });
  const { data: settings } = useSettings();
  const [isConfirming, setConfirming] = useState(false);
  const [isConflict, setConflict] = useState(false);
  // The form has done its part, but nothing is saved yet.
  useLoss("changes");
  const tags = preview.data?.pages.flatMap((page) => page.tags) ?? [];
  const going = tags.filter(({ expired }) => expired);
  const staying = tags.filter(({ expired }) => !expired);
  const hasMore = preview.hasNextPage;

  async function saveRule({ overwrites }: Submission) {
    await save.mutateAsync({ rule, version: overwrites ? undefined : version });
    toast(t("saved"));
    onSaved();
  }
  function saveAtOnce(how: Submission = { overwrites: false }) {
    setConflict(false);
    saveRule(how).catch((error: unknown) => {
      if (isChangedMeanwhile(error)) setConflict(true);
      else toast(errorText(error), { tone: "danger" });
    });
  }
  // Of tags that are not counted yet, some may go.
  const isHarmless = going.length === 0 && !hasMore;
  const count = going.length;
  return (
    <Card
      title={t("previewing")}
      actions={
        <Button
          variant={isHarmless ? "primary" : "danger"}
          isPending={save.isPending}
          onPress={() => (isHarmless ? saveAtOnce() : setConfirming(true))}
        >
          {t("save")}
        </Button>
      }
    >
      <div className={styles.stack}>
        {isConflict && <ConflictNotice onOverwrite={() => saveAtOnce({ overwrites: true })} />}
        <Notice
          tone={isHarmless ? "success" : "warning"}
          title={count === 0 ? t("nothingGoes") : t("goes", { count })}
          role="status"
        >
          {tags.length === 0 ? t("noTags") : t("stays", { count: staying.length })}
          {hasMore && ` ${t("ofNewest", { count: tags.length })}`}
        </Notice>
        {preview.error && <ErrorNotice error={preview.error} onRetry={preview.fetchNextPage} />}
        {hasMore && (
          <div>
            <Button isPending={preview.isFetchingNextPage} onPress={() => void preview.fetchNextPage()}>
              {t("countRest")}
            </Button>
          </div>
        )}
        {count > 0 && <TagTable label={t("goesTable")} tags={going} />}
        {staying.length > 0 && (
          <Disclosure title={t("stays", { count: staying.length })}>
            <TagTable label={t("staysTable")} tags={staying} />
          </Disclosure>
        )}
      </div>
      <ConfirmDialog
        title={hasMore ? t("saveTitleAtLeast", { count }) : t("saveTitle", { count })}
        isOpen={isConfirming}
        onClose={() => setConfirming(false)}
        confirmLabel={t("saveConfirm")}
        danger
        onConfirm={saveRule}
      >
        {t("saveText")} {settings && t("restorable", { count: settings.graceDays })}
      </ConfirmDialog>
    </Card>
  );
}

function TagTable({ label, tags }: { label: string; tags: readonly PreviewedTag[] }) {
  const { t } = useTranslation("aging");
  const columns: TableColumn<PreviewedTag>[] = [
    { id: "tag", header: t("tag"), isRowHeader: true, cell: ({ tag }) => <Name>{tag}</Name>, value: ({ tag }) => tag },
    {
      id: "pushed",
      header: t("pushed"),
      width: "160px",
      cell: ({ pushed }) => <Time value={pushed} />,
      value: ({ pushed }) => pushed,
    },
    {
      id: "reason",
      header: t("reason"),
      width: "200px",
      cell: ({ reason }) => t(`reasons.${reason}`),
      value: ({ reason }) => t(`reasons.${reason}`),
    },
  ];
  return <Table label={label} columns={columns} rows={tags} rowKey={({ tag }) => tag} />;
}
