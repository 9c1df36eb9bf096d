import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TRIGGER_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import { type Trigger, useTriggerChanges } from "../../api/triggers.ts";
import { Checkbox, Form, RadioGroup, TextField, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { ConditionFields } from "./condition-fields.tsx";
import { KubernetesFields } from "./kubernetes-fields.tsx";
import { changesOf, draftOf, keepsAddress, newTriggerOf, type TriggerDraft } from "./trigger-draft.ts";
import { WebhookFields } from "./webhook-fields.tsx";

export interface TriggerFormProps {
  trigger: Trigger | undefined;
  onClose: () => void;
}

/** All there is to say of a trigger: guide, table 4-3, with targets beyond SWR's. */
export function TriggerForm({ trigger, onClose }: TriggerFormProps) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const { add, change } = useTriggerChanges({ organization, image });
  const [draft, setDraft] = useState(() => draftOf(trigger));
  const set = (changed: Partial<TriggerDraft>) => setDraft({ ...draft, ...changed });

  const submit = async () => {
    if (trigger) await change.mutateAsync({ trigger: trigger.name, changes: changesOf(draft) });
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
        description={t("alwaysHint")}
        isSelected={draft.firesAlways}
        onChange={(firesAlways) => set({ firesAlways })}
      />
      <RadioGroup
        label={t("target")}
        options={[
          { value: "kubernetes", label: t("kubernetes"), description: t("kubernetesHint") },
          { value: "webhook", label: t("webhook"), description: t("webhookHint") },
        ]}
        value={draft.kind}
        onChange={(kind) => set({ kind })}
      />
      {draft.kind === "kubernetes" ? (
        <KubernetesFields target={draft.kubernetes} onChange={(kubernetes) => set({ kubernetes })} />
      ) : (
        <WebhookFields
          target={draft.webhook}
          stored={trigger?.target.kind === "webhook" ? trigger.target : undefined}
          isMoved={!keepsAddress(draft.webhook.url, trigger)}
          onChange={(webhook) => set({ webhook })}
        />
      )}
      <Checkbox label={t("enabled")} isSelected={draft.enabled} onChange={(enabled) => set({ enabled })} />
    </Form>
  );
}
