/** What the console tells by itself: notices in a page, and toasts over it. */
import type { ReactNode } from "react";
import { Text } from "react-aria-components/Text";
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as AriaToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as AriaToastRegion,
} from "react-aria-components/Toast";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { errorText, isSessionEnd } from "./error-text.ts";
import { type Icon, IconClose, IconDanger, IconInfo, IconRefresh, IconSuccess, IconWarning } from "./icons.tsx";
import styles from "./messages.module.css";

/** What kind of news something is. Colour never says it alone: each has an icon. */
export type Tone = "info" | "success" | "warning" | "danger";

const TONE_ICONS: Record<Tone, Icon> = {
  info: IconInfo,
  success: IconSuccess,
  warning: IconWarning,
  danger: IconDanger,
};

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
  // The shell asks to sign in again; what could not be loaded meanwhile comes by itself after that.
  if (isSessionEnd(error)) return <Notice tone="info">{t("signedOut")}</Notice>;
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

/** Where toasts appear; once, in the shell. F6 goes there from anywhere. */
export function ToastRegion() {
  const { t } = useTranslation("kit");
  return (
    <AriaToastRegion queue={toastQueue} className={styles.region ?? ""} aria-label={t("notifications")}>
      {({ toast: shown }) => {
        const { message, tone, action } = shown.content;
        const ToneIcon = TONE_ICONS[tone];
        return (
          <AriaToast toast={shown} className={classNames(styles.toast, styles[tone])}>
            <ToneIcon />
            <AriaToastContent className={styles.content ?? ""}>
              <Text slot="title">{message}</Text>
            </AriaToastContent>
            {action && (
              <Button
                size="small"
                onPress={() => {
                  toastQueue.close(shown.key);
                  action.onPress();
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton slot="close" size="small" label={t("close")} icon={<IconClose />} />
          </AriaToast>
        );
      }}
    </AriaToastRegion>
  );
}

interface ToastContent {
  message: string;
  tone: Tone;
  action?: { label: string; onPress: () => void };
}

export type ToastOptions = Partial<Omit<ToastContent, "message">>;

/** The toasts on screen and those that wait for room; ToastRegion shows them. */
const toastQueue = /* @__PURE__ */ new ToastQueue<ToastContent>({ maxVisibleToasts: 3 });

/** Long enough to read a sentence; React Aria stops the clock while the pointer or the focus is on a toast. */
const TOAST_MS = 6000;
/** Somebody must notice, decide and reach the button. */
const TOAST_WITH_ACTION_MS = 12_000;

/** Tells what has happened, without getting in the way. Failures stay until they are closed. */
export function toast(message: string, { tone = "success", action }: ToastOptions = {}): void {
  toastQueue.add(
    { message, tone, ...(action && { action }) },
    tone === "danger" ? {} : { timeout: action ? TOAST_WITH_ACTION_MS : TOAST_MS },
  );
}
