import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatBytes, Notice, Progress } from "../../ui/index.ts";
import styles from "./upload.module.css";

/** After so many milliseconds without a byte it is said that the connection may be lost. */
const QUIET_MS = 20_000;

interface SendingProgressProps {
  /** Bytes. */
  progress: { total: number; done: number };
  /** Bytes per second. */
  speed: number | undefined;
  /** When the last bytes arrived. */
  movedAt: number | undefined;
}

/** How far a file is, how fast it goes, and whether it goes on at all. */
export function SendingProgress({ progress: { total, done }, speed, movedAt }: SendingProgressProps) {
  const { t } = useTranslation("upload");
  const isQuiet = useIsQuiet(movedAt);
  const sizes = t("progress", { done: formatBytes(done), total: formatBytes(total) });
  const pace = speed === undefined || isQuiet ? "" : ` · ${t("speed", { speed: formatBytes(speed) })}`;
  return (
    <>
      <Progress value={total > 0 ? done / total : undefined} label={t("sending")} valueText={`${sizes}${pace}`} />
      {isQuiet && (
        <Notice tone="warning" role="status">
          {navigator.onLine ? t("quiet") : t("offline")}
        </Notice>
      )}
      <p className={styles.hint}>{t("staysOpen")}</p>
    </>
  );
}

/** Whether nothing has arrived for a while, or the browser knows that it is offline. */
function useIsQuiet(movedAt: number | undefined): boolean {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = setInterval(tick, 1000);
    addEventListener("online", tick);
    addEventListener("offline", tick);
    return () => {
      clearInterval(timer);
      removeEventListener("online", tick);
      removeEventListener("offline", tick);
    };
  }, []);
  return movedAt !== undefined && (!navigator.onLine || now - movedAt > QUIET_MS);
}
