import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_SYNC_GLOB_LENGTH } from "../../../kernel/field-limits.ts";
import { EVERYTHING, type SyncOwner, type SyncRule, useSyncRuleChanges } from "../../api/sync.ts";
import { Checkbox, Dialog, Form, Name, type Submission, TextField, toast } from "../../ui/index.ts";
import { Syntax } from "../image-settings/syntax.tsx";
import { targetText } from "./sync-parts.tsx";
import styles from "./sync.module.css";
import { TargetFields, useTarget } from "./target-fields.tsx";

interface RuleDialogProps {
  owner: SyncOwner;
  /** The one to be changed; undefined for a new one. */
  rule: SyncRule | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives an image or an organization a rule of synchronization, or changes one. */
export function RuleDialog({ owner, rule, isOpen, onClose }: RuleDialogProps) {
  const { t } = useTranslation("sync");
  return (
    <Dialog
      title={rule ? t("editTitle", { target: targetText(rule) }) : t("addTitle")}
      isOpen={isOpen}
      onClose={onClose}
      size="large"
    >
      <RuleForm owner={owner} rule={rule} onClose={onClose} />
    </Dialog>
  );
}

/** Where tags go, which ones, when, and what comes with them. The target of a rule stays: another one is another rule. */
function RuleForm({ owner, rule, onClose }: Omit<RuleDialogProps, "isOpen">) {
  const { t } = useTranslation(["sync", "common"]);
  const { add, change } = useSyncRuleChanges(owner);
  const isImage = owner.image !== undefined;
  const [draft, setDraft] = useState({ remote: "", remoteOrganization: owner.organization });
  const [images, setImages] = useState(shownGlob(rule?.images));
  const [tags, setTags] = useState(shownGlob(rule?.tags));
  const [automatic, setAutomatic] = useState(rule?.automatic ?? true);
  const [override, setOverride] = useState(rule?.override ?? false);
  const [referrers, setReferrers] = useState(rule?.referrers ?? false);
  const [deletions, setDeletions] = useState(rule?.deletions ?? false);
  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(rule?.updated);
  const target = useTarget(draft);

  const submit = async ({ overwrites }: Submission) => {
    const settings = { tags: globOf(tags), automatic, override, referrers, deletions };
    const changes = isImage ? settings : { ...settings, images: globOf(images) };
    if (rule) await change.mutateAsync({ rule: rule.id, changes, version: overwrites ? undefined : version });
    else if (target) await add.mutateAsync({ ...target, ...changes });
    onClose();
    const shown = targetText(rule ?? target ?? draft);
    toast(rule ? t("saved", { target: shown }) : t("added", { target: shown }));
  };
  const glob = {
    maxLength: MAX_SYNC_GLOB_LENGTH,
    isMonospace: true,
    autoComplete: "off",
    spellCheck: "false",
  } as const;
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      submitLabel={rule ? t("common:save") : t("add")}
      isDisabled={!rule && !target}
    >
      {rule ? (
        <p className={styles.note}>
          {t("targetStays")} <Name>{targetText(rule)}</Name>
        </p>
      ) : (
        <TargetFields target={draft} onChange={setDraft} image={owner.image ?? "…"} />
      )}
      {!isImage && (
        <TextField
          label={t("images")}
          name="images"
          description={t("imagesHint")}
          placeholder={EVERYTHING}
          value={images}
          onChange={setImages}
          {...glob}
        />
      )}
      <TextField
        label={t("tags")}
        name="tags"
        description={t("tagsHint")}
        placeholder={EVERYTHING}
        value={tags}
        onChange={setTags}
        {...glob}
      />
      <Syntax
        title={t("syntax")}
        items={[
          { example: "*", meaning: t("syntaxStar") },
          { example: "**", meaning: t("syntaxStars") },
          { example: "?", meaning: t("syntaxOne") },
          { example: "{a,b}", meaning: t("syntaxChoice") },
        ]}
      />
      <Checkbox
        label={t("automatic")}
        name="automatic"
        description={t("automaticHint")}
        isSelected={automatic}
        onChange={setAutomatic}
      />
      <CopyOptions override={override} onOverride={setOverride} referrers={referrers} onReferrers={setReferrers} />
      <Checkbox
        label={t("deletions")}
        name="deletions"
        description={t("deletionsHint")}
        isSelected={deletions}
        onChange={setDeletions}
      />
    </Form>
  );
}

/** In the form, nothing stands for all. */
function shownGlob(glob = EVERYTHING): string {
  return glob === EVERYTHING ? "" : glob;
}

function globOf(text: string): string {
  return text.trim() || EVERYTHING;
}

interface CopyOptionsProps {
  /** Nothing comes along later. */
  isOnce?: boolean;
  override: boolean;
  onOverride: (override: boolean) => void;
  referrers: boolean;
  onReferrers: (referrers: boolean) => void;
}

/** What is done besides copying a tag. */
export function CopyOptions({ override, onOverride, referrers, onReferrers, isOnce = false }: CopyOptionsProps) {
  const { t } = useTranslation("sync");
  return (
    <>
      <Checkbox
        label={t("override")}
        name="override"
        description={t("overrideHint")}
        isSelected={override}
        onChange={onOverride}
      />
      <Checkbox
        label={t("referrers")}
        name="referrers"
        description={isOnce ? t("referrersOnce") : t("referrersHint")}
        isSelected={referrers}
        onChange={onReferrers}
      />
    </>
  );
}
