import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useDeleteImage } from "../../api/image.ts";
import { isKeptByRule } from "../../api/image-tags.ts";
import { ConfirmDialog, formatNumber, toast } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";

/** Asks before an image goes, with all it has; its name has to be typed. Leads to the list of images afterwards. */
export function DeleteImageDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
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
    navigate("/images");
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
    >
      <p>{t("deleteImageText", { count: tags, number: formatNumber(tags) })}</p>
      <p>{t("deleteImageFinal")}</p>
    </ConfirmDialog>
  );
}
