import { useRef, useState } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import styles from "./exact-time.module.css";
import { formatDate } from "./format.ts";
import popoverStyles from "./list-box.module.css";

export interface ExactTimeProps {
  date: Date;
  /** The moment in few words, such as "3 hours ago". */
  children: string;
}

/**
 * A moment in few words that says exactly when it is: to a mouse that stays on it, and to a finger or key that presses it. What is
 * behind the words is drawn only then, because tables have many of them.
 */
export function ExactTime({ date, children }: ExactTimeProps) {
  const { t } = useTranslation("kit");
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const exact = formatDate(date, "full");
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.time}
        title={exact}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
      >
        <time dateTime={date.toISOString()}>{children}</time>
      </button>
      {isOpen && (
        <Popover
          triggerRef={button}
          isOpen
          onOpenChange={setOpen}
          placement="top"
          offset={4}
          className={popoverStyles.popover ?? ""}
        >
          <Dialog aria-label={t("exactTime")} className={styles.exact ?? ""}>
            <p>{exact}</p>
            <p className={styles.utc}>{date.toISOString()}</p>
          </Dialog>
        </Popover>
      )}
    </>
  );
}
