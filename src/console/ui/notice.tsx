import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { errorText } from "./error-text.ts";
import { IconRefresh } from "./icons.tsx";
import styles from "./notice.module.css";
import { TONE_ICONS, type Tone } from "./tone.ts";

export interface NoticeProps {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  /** Stands at the end, for a button or link. */
  action?: ReactNode;
  /** "alert" is read out as soon as it appears; "status" when there is a pause. */
  role?: "alert" | "status";
}

/** Something to know about what surrounds it. */
export function Notice({ tone, title, children, action, role }: NoticeProps) {
  const ToneIcon = TONE_ICONS[tone];
  return (
    <div className={classNames(styles.notice, styles[tone])} role={role}>
      <ToneIcon />
      <div className={styles.body}>
        {title && <p className={styles.title}>{title}</p>}
        {children && <div>{children}</div>}
      </div>
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export interface ErrorNoticeProps {
  error: unknown;
  /** Asks again; the button is missing without it. */
  onRetry?: (() => unknown) | undefined;
}

/** Something could not be loaded: what and, where it may help, a way to try again. */
export function ErrorNotice({ error, onRetry }: ErrorNoticeProps) {
  const { t } = useTranslation("kit");
  return (
    <Notice
      tone="danger"
      role="alert"
      title={t("failed")}
      action={
        onRetry && (
          <Button size="small" icon={<IconRefresh />} onPress={() => void onRetry()}>
            {t("retry")}
          </Button>
        )
      }
    >
      {errorText(error)}
    </Notice>
  );
}
