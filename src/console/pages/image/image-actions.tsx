import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { isKeptByRule } from "../../api/image-tags.ts";
import { useDeleteImage, useUpdateImage } from "../../api/image.ts";
import { PATHS } from "../../paths.ts";
import {
  Button,
  ConfirmDialog,
  Dialog,
  Form,
  formatNumber,
  IconButton,
  IconDownload,
  IconEdit,
  IconMore,
  IconTrash,
  Menu,
  RadioGroup,
  Select,
  toast,
  type Submission,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { DescriptionEditor, isTooLong } from "./description-editor.tsx";
import { PullDialog } from "./pull-dialog.tsx";

/** What can be done with an image as a whole. */
export function ImageActions() {
  const { t } = useTranslation("image");
  const { name, canEdit, canManage, properties } = useImage();
  const [open, setOpen] = useState<"pull" | "edit" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <>
      {properties.tags > 0 && (
        <Button variant="primary" icon={<IconDownload />} onPress={() => setOpen("pull")}>
          {t("pull")}
        </Button>
      )}
      {canEdit && (
        <Button icon={<IconEdit />} onPress={() => setOpen("edit")}>
          {t("edit")}
        </Button>
      )}
      {canManage && (
        <Menu
          label={t("moreActions")}
          trigger={<IconButton label={t("moreActions")} icon={<IconMore />} variant="secondary" />}
          items={[
            {
              id: "delete",
              label: t("deleteImage"),
              icon: <IconTrash />,
              tone: "danger",
              onAction: () => setOpen("delete"),
            },
          ]}
        />
      )}
      <PullDialog isOpen={open === "pull"} onClose={close} />
      <Dialog title={t("editTitle", { name })} isOpen={open === "edit"} onClose={close} size="medium">
        <EditForm onClose={close} />
      </Dialog>
      <DeleteImageDialog isOpen={open === "delete"} onClose={close} />
    </>
  );
}

/** The properties of an image: guide 4.5, table 4-1. */
function EditForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["image", "images", "common"]);
  const image = useImage();
  const update = useUpdateImage(image);
  const [before] = useState(image.properties);
  const [values, setValues] = useState({
    isPublic: before.public,
    category: before.category,
    description: before.description,
  });

  async function submit({ overwrites }: Submission) {
    const { category, ...rest } = values;
    // What has none is shown as "other", and stays without one until somebody chooses.
    const change = category === before.category ? rest : values;
    await update.mutateAsync({ before: overwrites ? undefined : before, change });
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
        name="public"
        options={[
          { value: "private", label: t("common:private"), description: t("images:privateHint") },
          { value: "public", label: t("common:public"), description: t("images:publicHint") },
        ]}
        value={values.isPublic ? "public" : "private"}
        onChange={(visibility) => setValues({ ...values, isPublic: visibility === "public" })}
      />
      <Select
        label={t("images:categoryLabel")}
        name="category"
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

/** Asks before an image goes, with all it has; its name has to be typed. Leads to the list of images afterwards. */
function DeleteImageDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const deletion = useDeleteImage(image);
  const [, navigate] = useLocation();
  const { tags } = image.properties;

  async function confirm() {
    try {
      await deletion.mutateAsync();
    } catch (error) {
      if (isKeptByRule(error)) throw new Error(t("deleteImageImmutable"), { cause: error });
      throw error;
    }
    toast(t("imageDeleted", { name: image.name }));
    navigate(PATHS.images);
  }

  return (
    <ConfirmDialog
      title={t("deleteImageTitle", { name: image.name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("deleteImage")}
      danger
      typeToConfirm={image.name}
      onConfirm={confirm}
      onGone={() => navigate(PATHS.images)}
    >
      <p>{t("deleteImageText", { count: tags, number: formatNumber(tags) })}</p>
      <p>{t("deleteImageFinal")}</p>
    </ConfirmDialog>
  );
}
