import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TAG_PATTERN_LENGTH } from "../../../kernel/field-limits.ts";
import { useImmutableTagChanges } from "../../api/immutable-tags.ts";
import { Dialog, Form, TextField, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { Syntax } from "./syntax.tsx";

export interface ImmutableTagsDialogProps {
  isOpen: boolean;
  onClose: () => void;
}

/** Makes the tags that match a pattern immutable. */
export function ImmutableTagsDialog({ isOpen, onClose }: ImmutableTagsDialogProps) {
  const { t } = useTranslation("immutableTags");
  return (
    <Dialog title={t("addTitle")} isOpen={isOpen} onClose={onClose} size="small">
      <PatternForm onClose={onClose} />
    </Dialog>
  );
}

/** Apart from the dialog, so that it starts empty each time. */
function PatternForm({ onClose }: Pick<ImmutableTagsDialogProps, "onClose">) {
  const { t } = useTranslation("immutableTags");
  const { organization, image } = useImage();
  const { add } = useImmutableTagChanges({ organization, image });
  const [pattern, setPattern] = useState("");
  const submit = async () => {
    await add.mutateAsync(pattern);
    onClose();
    toast(t("added", { pattern }));
  };
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("submit")}>
      <TextField
        label={t("pattern")}
        name="pattern"
        description={t("hint")}
        placeholder="v[0-9]*"
        value={pattern}
        onChange={setPattern}
        maxLength={MAX_TAG_PATTERN_LENGTH}
        isRequired
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      <Syntax
        title={t("syntax")}
        items={[
          { example: "*", meaning: t("syntaxAny") },
          { example: "?", meaning: t("syntaxOne") },
          { example: "[0-9a-f]", meaning: t("syntaxSet") },
          { example: "[^a-z]", meaning: t("syntaxNotSet") },
          { example: "stable", meaning: t("syntaxExact") },
        ]}
      />
    </Form>
  );
}
