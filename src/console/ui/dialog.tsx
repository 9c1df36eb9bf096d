/** What opens over a page: dialogs, questions before something is done, and the drawer. */
import { memo, type ReactNode, useState } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import styles from "./dialog.module.css";
import { isUnknown } from "./error-text.ts";
import { TextField } from "./fields.tsx";
import { Form, InDialogContext, type Submission } from "./form.tsx";
import { IconClose } from "./icons.tsx";
import { LeaveScopeContext, useLeaveScope } from "./leaving.ts";
import { toast } from "./messages.tsx";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  /** Escape, the cross, or going back; after a question if something in it would be lost. */
  onClose: () => void;
  children: ReactNode;
  size?: "small" | "medium" | "large";
  /** Buttons under the content. A Form brings its own. */
  footer?: ReactNode;
  role?: "dialog" | "alertdialog";
}

/**
 * A task of its own over the page; on a phone it fills the screen. A press beside it does not close it, so that what was
 * typed isn't lost by a slip. Its content is unmounted when it is closed: a form inside starts anew each time.
 */
export function Dialog({ title, isOpen, onClose, children, size = "medium", footer, role = "dialog" }: DialogProps) {
  const scope = useLeaveScope();
  const leave = () => scope.leave(onClose);
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && leave()}
      className={classNames(styles.overlay, role === "alertdialog" && styles.alert)}
    >
      <Modal className={classNames(styles.modal, styles[size])}>
        <AriaDialog role={role} className={styles.dialog ?? ""}>
          <FrozenWhileFading isOpen={isOpen}>
            <Header title={title} onClose={leave} />
            <div className={styles.body}>
              <LeaveScopeContext value={scope}>
                <InDialogContext value={true}>{children}</InDialogContext>
              </LeaveScopeContext>
            </div>
            {footer && <footer className={styles.footer}>{footer}</footer>}
          </FrozenWhileFading>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Does not draw its content anew while the dialog fades: callers forget the row that the text names when they close it. */
const FrozenWhileFading = memo(
  ({ children }: { isOpen: boolean; children: ReactNode }) => <>{children}</>,
  (_, { isOpen }) => !isOpen,
);

function Header({ title, onClose }: Pick<DialogProps, "title" | "onClose">) {
  const { t } = useTranslation("kit");
  return (
    <header className={styles.header}>
      <Heading slot="title" level={2} className={styles.title ?? ""}>
        <bdi>{title}</bdi>
      </Heading>
      <IconButton label={t("close")} icon={<IconClose />} onPress={onClose} />
    </header>
  );
}

/** A dialog about one row of a list, and which row: what `useRowDialog` remembers. */
export interface RowDialogState<T> {
  /** Undefined: the dialog is closed. */
  row: T | undefined;
  close: () => void;
}

export interface RowDialogProps<T> extends Pick<DialogProps, "size" | "footer"> {
  state: RowDialogState<T>;
  title: (row: T) => string;
  children: (row: T) => ReactNode;
}

/** A Dialog about the row for which it was opened. */
export function RowDialog<T>({ state: { row, close }, title, children, ...dialog }: RowDialogProps<T>) {
  const isOpen = row !== undefined;
  return (
    <Dialog {...dialog} title={isOpen ? title(row) : ""} isOpen={isOpen} onClose={close}>
      {isOpen && children(row)}
    </Dialog>
  );
}

export interface DrawerProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A panel from the side of the page's start: the navigation on a phone. A press beside it closes it. */
export function Drawer({ title, isOpen, onClose, children }: DrawerProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
      className={classNames(styles.overlay, styles.side)}
    >
      <Modal className={styles.drawer ?? ""}>
        <AriaDialog className={styles.dialog ?? ""}>
          <Header title={title} onClose={onClose} />
          <div className={styles.body}>{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

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
  onConfirm: (how: Submission) => Promise<unknown>;
  /** Tells, in a toast, that it is done. */
  doneMessage?: string;
  /**
   * Of a removal: called when what was to be removed had gone before, because somebody else was faster. A toast says so, and the
   * dialog closes. Without it, that is a failure like any other.
   */
  onGone?: (() => void) | undefined;
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
  doneMessage,
  onGone,
}: Omit<ConfirmDialogProps, "title" | "isOpen">) {
  const { t } = useTranslation("kit");
  const [typed, setTyped] = useState("");

  async function confirm(how: Submission) {
    try {
      await onConfirm(how);
      if (doneMessage !== undefined) toast(doneMessage);
    } catch (error) {
      if (!onGone || !isUnknown(error)) throw error;
      toast(t("goneAlready"), { tone: "info" });
      onGone();
    }
    onClose();
  }

  return (
    <Form
      onSubmit={confirm}
      submitLabel={confirmLabel}
      submitVariant={danger ? "danger" : "primary"}
      onCancel={onClose}
      isDisabled={typeToConfirm !== undefined && typed !== typeToConfirm}
      isGuarded={false}
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

export interface ConfirmRowDialogProps<T> extends Pick<ConfirmDialogProps, "confirmLabel" | "danger"> {
  state: RowDialogState<T>;
  title: (row: T) => string;
  children: (row: T) => ReactNode;
  typeToConfirm?: (row: T) => string;
  onConfirm: (row: T) => Promise<unknown>;
  doneMessage?: (row: T) => string;
}

/** A ConfirmDialog that removes the row for which it was opened. */
export function ConfirmRowDialog<T>({
  state: { row, close },
  title,
  children,
  typeToConfirm,
  onConfirm,
  doneMessage,
  ...dialog
}: ConfirmRowDialogProps<T>) {
  const isOpen = row !== undefined;
  return (
    <Dialog title={isOpen ? title(row) : ""} isOpen={isOpen} onClose={close} size="small" role="alertdialog">
      {isOpen && (
        <Confirmation
          {...dialog}
          onClose={close}
          typeToConfirm={typeToConfirm?.(row)}
          onConfirm={() => onConfirm(row)}
          onGone={() => undefined}
          {...(doneMessage && { doneMessage: doneMessage(row) })}
        >
          {children(row)}
        </Confirmation>
      )}
    </Dialog>
  );
}
