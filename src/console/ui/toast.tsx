import { useTranslation } from "react-i18next";
import { Text } from "react-aria-components/Text";
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as AriaToastContent,
  UNSTABLE_ToastRegion as AriaToastRegion,
} from "react-aria-components/Toast";
import { Button, IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { IconClose } from "./icons.tsx";
import { toastQueue } from "./toast-queue.ts";
import styles from "./toast.module.css";
import { TONE_ICONS } from "./tone.ts";

/** Where toasts appear; once, in the shell. F6 goes there from anywhere. */
export function ToastRegion() {
  const { t } = useTranslation("kit");
  return (
    <AriaToastRegion queue={toastQueue} className={styles.region ?? ""} aria-label={t("notifications")}>
      {({ toast }) => {
        const { message, tone, action } = toast.content;
        const ToneIcon = TONE_ICONS[tone];
        return (
          <AriaToast toast={toast} className={classNames(styles.toast, styles[tone])}>
            <ToneIcon />
            <AriaToastContent className={styles.content ?? ""}>
              <Text slot="title">{message}</Text>
            </AriaToastContent>
            {action && (
              <Button
                size="small"
                onPress={() => {
                  toastQueue.close(toast.key);
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
