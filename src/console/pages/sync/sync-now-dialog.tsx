import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useTagSuggestions } from "../../api/image-tags.ts";
import { useSyncNow } from "../../api/sync.ts";
import { useSettled } from "../../api/use-settled.ts";
import { imagePath } from "../../paths.ts";
import { Chips, ComboBox, Dialog, Form, formatNumber, RadioGroup, toast } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CopyOptions } from "./rule-form.tsx";
import { TargetFields, useTarget } from "./target-fields.tsx";
import styles from "./sync.module.css";

interface SyncNowDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** Those that were chosen before; undefined: all, until somebody chooses. */
  tags?: readonly string[] | undefined;
  /** It was opened where the jobs are not, to which the message then leads. */
  isElsewhere?: boolean;
}

/** Copies tags of the page's image to a remote registry, now and without a rule. */
export function SyncNowDialog({ isOpen, onClose, ...form }: SyncNowDialogProps) {
  const { t } = useTranslation("sync");
  return (
    <Dialog title={t("nowTitle")} isOpen={isOpen} onClose={onClose} size="medium">
      <SyncNowForm onClose={onClose} {...form} />
    </Dialog>
  );
}

function SyncNowForm({ onClose, tags: given, isElsewhere = false }: Omit<SyncNowDialogProps, "isOpen">) {
  const { t } = useTranslation("sync");
  const { organization, image } = useImage();
  const now = useSyncNow({ organization, image });
  const tell = useOutcome(isElsewhere);
  const [draft, setDraft] = useState({ remote: "", remoteOrganization: organization });
  const [which, setWhich] = useState<"all" | "some">(given ? "some" : "all");
  const [tags, setTags] = useState<readonly string[]>(given ?? []);
  const [override, setOverride] = useState(false);
  const [referrers, setReferrers] = useState(false);
  const target = useTarget(draft);

  const submit = async () => {
    if (!target) return;
    tell(await now.mutateAsync({ ...target, override, referrers, tags: which === "all" ? null : tags }));
    onClose();
  };
  return (
    <Form
      onSubmit={submit}
      onCancel={onClose}
      submitLabel={t("nowConfirm")}
      isDisabled={!target || (which === "some" && tags.length === 0)}
    >
      <TargetFields target={draft} onChange={setDraft} image={image} />
      <RadioGroup
        label={t("tags")}
        name="tags"
        options={[
          { value: "all", label: t("allTags") },
          { value: "some", label: t("chosenTags") },
        ]}
        value={which}
        onChange={setWhich}
      />
      {which === "some" && <TagsField tags={tags} onChange={setTags} />}
      <CopyOptions
        isOnce
        override={override}
        onOverride={setOverride}
        referrers={referrers}
        onReferrers={setReferrers}
      />
    </Form>
  );
}

interface TagsFieldProps {
  tags: readonly string[];
  onChange: (tags: readonly string[]) => void;
}

/** Chooses tags of the image, one after the other: the newest are proposed, then those that have in their names what is typed. */
function TagsField({ tags, onChange }: TagsFieldProps) {
  const { t } = useTranslation("sync");
  const [text, setText] = useState("");
  const found = useTagSuggestions(useImage(), useSettled(text.trim()));
  const proposed = found.tags.filter(({ name }) => !tags.includes(name));
  return (
    <div className={styles.picker}>
      <ComboBox
        label={t("addTag")}
        items={proposed.map(({ name }) => ({ id: name, label: name }))}
        inputValue={text}
        onInputChange={setText}
        onSelect={({ id }) => {
          onChange([...tags, id]);
          setText("");
        }}
        isLoading={found.isFetching}
        isFiltered
      />
      <Chips
        label={t("chosenTags")}
        items={tags.map((tag) => ({ id: tag, label: tag }))}
        onRemove={(gone) => onChange(tags.filter((tag) => tag !== gone))}
      />
    </div>
  );
}

/** Tags that a message names. */
const MAX_NAMED = 5;

/** Tells by toasts what came of it. */
function useOutcome(isElsewhere: boolean) {
  const { t } = useTranslation("sync");
  const [, navigate] = useLocation();
  const { organization, image } = useImage();
  const toJobs = () => navigate(imagePath({ organization, image }, "sync"));
  return ({ jobs, unknown }: { jobs: number; unknown: readonly string[] }) => {
    if (unknown.length > 0) {
      const tags = unknown.slice(0, MAX_NAMED).join(", ");
      toast(t("unknownTags", { count: unknown.length, tags }), { tone: "warning" });
    }
    if (jobs === 0 && unknown.length === 0) toast(t("nothingToDo"), { tone: "info" });
    if (jobs === 0) return;
    toast(t("started", { count: jobs, number: formatNumber(jobs) }), {
      ...(isElsewhere && { action: { label: t("showJobs"), onPress: toJobs } }),
    });
  };
}
