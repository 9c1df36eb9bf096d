import { useTranslation } from "react-i18next";
import { Dialog } from "../../ui/index.ts";
import { PushSteps } from "./push-steps.tsx";

/** How to push from a machine with docker (guide 4.1). */
export function PushDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("images");
  return (
    <Dialog title={t("pushTitle")} isOpen={isOpen} onClose={onClose}>
      <PushSteps />
    </Dialog>
  );
}
