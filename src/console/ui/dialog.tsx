import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { InDialogContext } from "./dialog-context.ts";
import styles from "./dialog.module.css";
import { IconClose } from "./icons.tsx";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  /** Escape, the cross, or going back. */
  onClose: () => void;
  children: ReactNode;
  size?: "small" | "medium" | "large";
  /** Buttons under the content. A Form brings its own. */
  footer?: ReactNode;
  role?: "dialog" | "alertdialog";
}

/**
 * A task of its own over the page; on a phone it fills the screen. A press beside it does not close it, so that what was
 * typed isn't lost by a slip. Its content is unmounted when it is closed.
 */
export function Dialog({ title, isOpen, onClose, children, size = "medium", footer, role = "dialog" }: DialogProps) {
  const { t } = useTranslation("kit");
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      className={classNames(styles.overlay, role === "alertdialog" && styles.alert)}
    >
      <Modal className={classNames(styles.modal, styles[size])}>
        <AriaDialog role={role} className={styles.dialog ?? ""}>
          <header className={styles.header}>
            <Heading slot="title" level={2} className={styles.title ?? ""}>
              <bdi>{title}</bdi>
            </Heading>
            <IconButton label={t("close")} icon={<IconClose />} onPress={onClose} />
          </header>
          <div className={styles.body}>
            <InDialogContext value={true}>{children}</InDialogContext>
          </div>
          {footer && <footer className={styles.footer}>{footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
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
  const { t } = useTranslation("kit");
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
      className={classNames(styles.overlay, styles.side)}
    >
      <Modal className={styles.drawer ?? ""}>
        <AriaDialog className={styles.dialog ?? ""}>
          <header className={styles.header}>
            <Heading slot="title" level={2} className={styles.title ?? ""}>
              {title}
            </Heading>
            <IconButton label={t("close")} icon={<IconClose />} onPress={onClose} />
          </header>
          <div className={styles.body}>{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
