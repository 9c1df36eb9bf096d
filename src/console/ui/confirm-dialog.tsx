import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog.tsx";
import styles from "./confirm-dialog.module.css";
import { Form } from "./form.tsx";
import { TextField } from "./text-field.tsx";

export interface ConfirmDialogProps {
  title: string;
  isOpen: boolean;
  /** Called when it is cancelled, and after `onConfirm` has succeeded. */
  onClose: () => void;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** Names the deed: "Delete tag", not "OK". */
  confirmLabel: string;
  /** It destroys something. */
  danger?: boolean;
  /** A word that has to be typed before the button works. */
  typeToConfirm?: string | undefined;
  /** Does it. What it throws is shown, and the dialog stays. */
  onConfirm: () => Promise<void>;
}

/** Asks before something that cannot simply be taken back. */
export function ConfirmDialog({ title, isOpen, onClose, ...content }: ConfirmDialogProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} size="small" role="alertdialog">
      <Confirmation onClose={onClose} {...content} />
    </Dialog>
  );
}

/** Apart from the dialog, so that what was typed is gone when it opens again. */
function Confirmation({
  onClose,
  children,
  confirmLabel,
  danger = false,
  typeToConfirm,
  onConfirm,
}: Omit<ConfirmDialogProps, "title" | "isOpen">) {
  const { t } = useTranslation("kit");
  const [typed, setTyped] = useState("");

  async function confirm() {
    await onConfirm();
    onClose();
  }

  return (
    <Form
      onSubmit={confirm}
      submitLabel={confirmLabel}
      submitVariant={danger ? "danger" : "primary"}
      onCancel={onClose}
      isDisabled={typeToConfirm !== undefined && typed !== typeToConfirm}
    >
      <div className={styles.text}>{children}</div>
      {typeToConfirm !== undefined && (
        <TextField
          label={t("typeToConfirm", { text: typeToConfirm })}
          value={typed}
          onChange={setTyped}
          isMonospace
          autoComplete="off"
          spellCheck="false"
        />
      )}
    </Form>
  );
}
