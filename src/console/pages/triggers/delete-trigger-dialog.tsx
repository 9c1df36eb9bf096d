import { useTranslation } from "react-i18next";
import { useTriggerChanges } from "../../api/triggers.ts";
import { ConfirmDialog, toast } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";

export interface DeleteTriggerDialogProps {
  /** Undefined while nothing is to be deleted. */
  name: string | undefined;
  onClose: () => void;
  onDeleted?: () => void;
}

/** Deletes one of the page's image's triggers, with its history. */
export function DeleteTriggerDialog({ name, onClose, onDeleted }: DeleteTriggerDialogProps) {
  const { t } = useTranslation("triggers");
  const { organization, image } = useImage();
  const { remove } = useTriggerChanges({ organization, image });
  return (
    <ConfirmDialog
      title={t("deleteTitle", { name })}
      isOpen={name !== undefined}
      onClose={onClose}
      confirmLabel={t("deleteConfirm")}
      danger
      onConfirm={async () => {
        if (name === undefined) return;
        await remove.mutateAsync(name);
        toast(t("deleted", { name }));
        onDeleted?.();
      }}
    >
      {t("deleteText")}
    </ConfirmDialog>
  );
}
