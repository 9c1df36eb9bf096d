import { useTranslation } from "react-i18next";
import { type Cluster, useClusterChanges } from "../../api/clusters.ts";
import { ConfirmDialog, toast } from "../../ui/index.ts";

export interface DeleteClusterDialogProps {
  organization: string;
  /** Undefined while nothing is to be deleted. */
  cluster: Cluster | undefined;
  onClose: () => void;
}

/** Deletes a cluster, which the registry refuses as long as a trigger uses it. */
export function DeleteClusterDialog({ organization, cluster, onClose }: DeleteClusterDialogProps) {
  const { t } = useTranslation("clusters");
  const { remove } = useClusterChanges(organization);
  return (
    <ConfirmDialog
      title={t("deleteTitle", { name: cluster?.name })}
      isOpen={cluster !== undefined}
      onClose={onClose}
      confirmLabel={t("deleteConfirm")}
      danger
      onConfirm={async () => {
        if (!cluster) return;
        await remove.mutateAsync(cluster.name);
        toast(t("deleted", { name: cluster.name }));
      }}
    >
      {t("deleteText")}
    </ConfirmDialog>
  );
}
