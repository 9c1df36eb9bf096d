import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { useUpdateImage } from "../../api/image.ts";
import { Dialog, Form, RadioGroup, Select, toast } from "../../ui/index.ts";
import { DescriptionEditor, isTooLong } from "./description-editor.tsx";
import { useImage } from "./image-context.ts";

/** The properties of an image: guide 4.5, table 4-1. */
export function EditImageDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  return (
    <Dialog title={t("editTitle", { name })} isOpen={isOpen} onClose={onClose} size="medium">
      <EditForm onClose={onClose} />
    </Dialog>
  );
}

function EditForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["image", "images", "common"]);
  const image = useImage();
  const update = useUpdateImage(image);
  const [values, setValues] = useState({
    isPublic: image.properties.public,
    category: image.properties.category,
    description: image.properties.description,
  });

  async function submit() {
    const { category, ...rest } = values;
    // What has none is shown as "other", and stays without one until somebody chooses.
    await update.mutateAsync(category === image.properties.category ? rest : values);
    toast(t("imageChanged"));
    onClose();
  }

  return (
    <Form
      onSubmit={submit}
      submitLabel={t("common:save")}
      onCancel={onClose}
      isDisabled={isTooLong(values.description)}
    >
      <RadioGroup
        label={t("images:visibility")}
        options={[
          { value: "private", label: t("common:private"), description: t("images:privateHint") },
          { value: "public", label: t("common:public"), description: t("images:publicHint") },
        ]}
        value={values.isPublic ? "public" : "private"}
        onChange={(visibility) => setValues({ ...values, isPublic: visibility === "public" })}
      />
      <Select
        label={t("images:categoryLabel")}
        options={CATEGORIES.map((value) => ({ value, label: t(`images:category.${value}`) }))}
        value={values.category}
        onChange={(category) => setValues({ ...values, category })}
      />
      <DescriptionEditor
        value={values.description}
        onChange={(description) => setValues({ ...values, description })}
        rows={8}
      />
    </Form>
  );
}
