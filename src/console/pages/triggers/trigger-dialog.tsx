import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_CONDITION_LENGTH, MAX_TRIGGER_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import {
  type Condition,
  type ConditionKind,
  type TriedTag,
  type Trigger,
  useTriedCondition,
  useTriggerChanges,
} from "../../api/triggers.ts";
import { useSettled } from "../../api/use-settled.ts";
import {
  Checkbox,
  Chips,
  Dialog,
  errorText,
  Form,
  RadioGroup,
  type Submission,
  TextField,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { Syntax } from "../image-settings/syntax.tsx";
import { KubernetesFields } from "./kubernetes-fields.tsx";
import {
  changesOf,
  draftOf,
  keepsAddress,
  type KubernetesDraft,
  newTriggerOf,
  type TriggerDraft,
  trimmed,
} from "./trigger-draft.ts";
import styles from "./triggers.module.css";
import { WebhookFields } from "./webhook-fields.tsx";

interface TriggerDialogProps {
  /** The one to be changed; undefined for a new one. */
  trigger: Trigger | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives the page's image a trigger, or changes one (guide 4.7). */
export function TriggerDialog({ trigger, isOpen, onClose }: TriggerDialogProps) {
  const { t } = useTranslation("triggers");
  return (
    <Dialog
      title={trigger ? t("editTitle", { name: trigger.name }) : t("addTitle")}
      isOpen={isOpen}
      onClose={onClose}
      size="large"
    >
      <TriggerForm trigger={trigger} onClose={onClose} />
    </Dialog>
  );
}

/** All there is to say of a trigger: guide, table 4-3, with targets beyond SWR's. */
function TriggerForm({ trigger, onClose }: Omit<TriggerDialogProps, "isOpen">) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const { add, change } = useTriggerChanges({ organization, image });
  const [draft, setDraft] = useState(() => draftOf(trigger));
  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(trigger?.updated);
  const set = (changed: Partial<TriggerDraft>) => setDraft((before) => ({ ...before, ...changed }));
  const setKubernetes = (changed: Partial<KubernetesDraft>) => {
    setDraft((before) => ({ ...before, kubernetes: { ...before.kubernetes, ...changed } }));
  };

  const submit = async ({ overwrites }: Submission) => {
    const wanted = overwrites ? undefined : version;
    if (trigger) await change.mutateAsync({ trigger: trigger.name, changes: changesOf(draft), version: wanted });
    else await add.mutateAsync(newTriggerOf(draft));
    onClose();
    const { name } = draft;
    toast(trigger ? t("saved", { name }) : t("added", { name }));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={trigger ? t("common:save") : t("add")}>
      {!trigger && (
        <TextField
          label={t("name")}
          name="name"
          description={t("nameRules")}
          value={draft.name}
          onChange={(name) => set({ name })}
          maxLength={MAX_TRIGGER_NAME_LENGTH}
          isRequired
          isMonospace
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <ConditionFields condition={draft.condition} onChange={(condition) => set({ condition })} />
      <Checkbox
        label={t("always")}
        name="firesAlways"
        description={t("alwaysHint")}
        isSelected={draft.firesAlways}
        onChange={(firesAlways) => set({ firesAlways })}
      />
      <RadioGroup
        label={t("target")}
        name="target.kind"
        options={[
          { value: "kubernetes", label: t("kubernetes"), description: t("kubernetesHint") },
          { value: "webhook", label: t("webhook"), description: t("webhookHint") },
        ]}
        value={draft.kind}
        onChange={(kind) => set({ kind })}
      />
      {draft.kind === "kubernetes" ? (
        <KubernetesFields target={draft.kubernetes} onChange={setKubernetes} />
      ) : (
        <WebhookFields
          target={draft.webhook}
          stored={trigger?.target.kind === "webhook" ? trigger.target : undefined}
          isMoved={!keepsAddress(draft.webhook.url, trigger)}
          onChange={(webhook) => set({ webhook })}
        />
      )}
      <Checkbox
        label={t("enabled")}
        name="enabled"
        isSelected={draft.enabled}
        onChange={(enabled) => set({ enabled })}
      />
    </Form>
  );
}

interface ConditionFieldsProps {
  condition: Condition;
  onChange: (condition: Condition) => void;
}

/** Which tags a trigger fires for (guide, table 4-3), with those of the image's newest tags that are among them. */
function ConditionFields({ condition, onChange }: ConditionFieldsProps) {
  const { t } = useTranslation("triggers");
  const { organization, image } = useImage();
  const { kind, text } = condition;
  const settled = trimmed({ kind, text: useSettled(text) });
  // That all tags are meant needs no examples.
  const isTried = kind !== "all" && settled.text !== "";
  const tried = useTriedCondition({ organization, image }, settled, { isEnabled: isTried });
  const error = isTried && tried.error ? errorText(tried.error) : undefined;
  return (
    <div className={styles.group}>
      <RadioGroup<ConditionKind>
        label={t("condition")}
        name="condition.kind"
        options={[
          { value: "all", label: t("conditionAll"), description: t("conditionAllHint") },
          { value: "tag", label: t("conditionTag"), description: t("conditionTagHint") },
          { value: "regular", label: t("conditionRegular"), description: t("conditionRegularHint") },
        ]}
        value={kind}
        onChange={(chosen) => onChange({ kind: chosen, text })}
      />
      {kind !== "all" && (
        <TextField
          label={kind === "tag" ? t("tags") : t("pattern")}
          name="condition.text"
          description={kind === "tag" ? t("tagsHint") : t("patternHint")}
          error={error}
          value={text}
          onChange={(value) => onChange({ kind, text: value })}
          maxLength={MAX_CONDITION_LENGTH}
          isRequired
          isMonospace
          autoComplete="off"
          spellCheck="false"
        />
      )}
      {isTried && !error && tried.data && tried.data.tags.length > 0 && <Examples tried={tried.data.tags} />}
      {kind === "regular" && isTried && !error && tried.data && (
        <p className={styles.note} role="status">
          {tried.data.conditionSyntax === "re2" ? t("readAsRe2") : t("readAsGlob")}
        </p>
      )}
      {kind === "regular" && (
        <Syntax
          title={t("syntax")}
          items={[
            { example: "*", meaning: t("syntaxStar") },
            { example: "**", meaning: t("syntaxStars") },
            { example: "?", meaning: t("syntaxOne") },
            { example: "{a,b}", meaning: t("syntaxChoice") },
            { example: "^v[0-9]+$", meaning: t("syntaxRe2") },
          ]}
        />
      )}
    </div>
  );
}

/** As many examples as there is room for. */
const EXAMPLES = 8;

/** Those of the newest tags that meet the condition. */
function Examples({ tried }: { tried: readonly TriedTag[] }) {
  const { t } = useTranslation("triggers");
  const met = tried.filter((each) => each.met);
  const shown = met.slice(0, EXAMPLES);
  const counts = { count: met.length, total: tried.length };
  return (
    <div className={styles.examples} role="status">
      {met.length === 0 ? t("triedNone", counts) : t("triedSome", counts)}
      {shown.length > 0 && <Chips label={t("triedTags")} items={shown.map(({ tag }) => ({ id: tag, label: tag }))} />}
      {met.length > shown.length && t("triedMore", { count: met.length - shown.length })}
    </div>
  );
}
