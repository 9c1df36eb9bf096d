import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type Organization, useOrganizationChanges } from "../../api/organizations.ts";
import { Button, ConfirmDialog, Dialog, LinkButton, toast } from "../../ui/index.ts";
import { organizationPath } from "../../paths.ts";

export interface DeleteOrganizationDialogProps {
  organization: Organization;
  isOpen: boolean;
  onClose: () => void;
}

/** Deletes an organization once it has no images, after DELETE was typed (guide 5). */
export function DeleteOrganizationDialog({ organization, isOpen, onClose }: DeleteOrganizationDialogProps) {
  const { t } = useTranslation(["organizations", "common"]);
  const [, navigate] = useLocation();
  const { remove } = useOrganizationChanges();
  const { name, images } = organization;

  if (images > 0) {
    return (
      <Dialog
        title={t("notEmptyTitle", { name })}
        isOpen={isOpen}
        onClose={onClose}
        size="small"
        footer={
          <>
            <Button onPress={onClose}>{t("common:close")}</Button>
            <LinkButton href={organizationPath(name)} variant="primary">
              {t("showImages")}
            </LinkButton>
          </>
        }
      >
        {t("notEmpty")}
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title={t("deleteTitle", { name })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("deleteConfirm")}
      danger
      typeToConfirm="DELETE"
      onConfirm={async () => {
        await remove.mutateAsync(name);
        toast(t("deleted", { name }));
        navigate("/organizations");
      }}
    >
      {t("deleteText")}
    </ConfirmDialog>
  );
}
