import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton, IconDownload, IconEdit, IconMore, IconTrash, Menu } from "../../ui/index.ts";
import { DeleteImageDialog } from "./delete-image-dialog.tsx";
import { EditImageDialog } from "./edit-image-dialog.tsx";
import { useImage } from "./image-context.ts";
import { PullDialog } from "./pull-dialog.tsx";

/** What can be done with an image as a whole. */
export function ImageActions() {
  const { t } = useTranslation("image");
  const { canEdit, canManage, properties } = useImage();
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
      <EditImageDialog isOpen={open === "edit"} onClose={close} />
      <DeleteImageDialog isOpen={open === "delete"} onClose={close} />
    </>
  );
}
