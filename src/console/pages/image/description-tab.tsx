import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useUpdateImage } from "../../api/image.ts";
import { Button, Card, Empty, Form, IconEdit, type Submission, toast } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { DescriptionEditor, isTooLong, MarkdownView } from "./description-editor.tsx";

/** `/images/:organization/:image/description`: what its owners say of it, in Markdown. */
export default function DescriptionTab() {
  const { t } = useTranslation(["image", "common"]);
  const { properties, canEdit } = useImage();
  const [isEditing, setIsEditing] = useState(false);
  const isEmpty = properties.description.trim() === "";
  if (isEditing) return <DescriptionForm onClose={() => setIsEditing(false)} />;
  if (isEmpty) {
    return (
      <Empty
        title={t("noDescription")}
        action={canEdit && <Button onPress={() => setIsEditing(true)}>{t("addDescription")}</Button>}
      >
        {canEdit && t("noDescriptionText")}
      </Empty>
    );
  }
  return (
    <Card
      title={t("tabDescription")}
      actions={
        canEdit && (
          <Button size="small" icon={<IconEdit />} onPress={() => setIsEditing(true)}>
            {t("editDescription")}
          </Button>
        )
      }
    >
      <MarkdownView text={properties.description} />
    </Card>
  );
}

function DescriptionForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const update = useUpdateImage(image);
  const [before] = useState(image.properties);
  const [description, setDescription] = useState(before.description);

  async function submit({ overwrites }: Submission) {
    await update.mutateAsync({ before: overwrites ? undefined : before, change: { description } });
    toast(t("descriptionSaved"));
    onClose();
  }

  return (
    <Card title={t("editDescription")}>
      <Form
        onSubmit={submit}
        submitLabel={t("common:save")}
        onCancel={onClose}
        isDisabled={isTooLong(description) || description === before.description}
      >
        <DescriptionEditor value={description} onChange={setDescription} rows={20} />
      </Form>
    </Card>
  );
}
