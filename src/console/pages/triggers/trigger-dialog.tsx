import { useTranslation } from "react-i18next";
import type { Trigger } from "../../api/triggers.ts";
import { Dialog } from "../../ui/index.ts";
import { TriggerForm } from "./trigger-form.tsx";

export interface TriggerDialogProps {
  /** The one to be changed; undefined for a new one. */
  trigger: Trigger | undefined;
  isOpen: boolean;
  onClose: () => void;
}

/** Gives the page's image a trigger, or changes one (guide 4.7). */
export function TriggerDialog({ trigger, isOpen, onClose }: TriggerDialogProps) {
  const { t } = useTranslation("triggers");
  return (
    <Dialog
      title={trigger ? t("editTitle", { name: trigger.name }) : t("addTitle")}
      isOpen={isOpen}
      onClose={onClose}
      size="large"
    >
      <TriggerForm trigger={trigger} onClose={onClose} />
    </Dialog>
  );
}
