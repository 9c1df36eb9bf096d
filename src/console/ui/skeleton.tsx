import { useTranslation } from "react-i18next";
import styles from "./skeleton.module.css";

export interface SkeletonProps {
  /** Lines of text that will stand here; the last of several is shorter. */
  lines?: number;
  /** CSS height of a block that will stand here, in place of lines. */
  height?: string;
}

/** Keeps the place of what is being loaded, so that nothing jumps when it arrives. */
export function Skeleton({ lines = 3, height }: SkeletonProps) {
  const { t } = useTranslation("kit");
  if (height !== undefined) {
    return <div className={styles.bone} style={{ blockSize: height }} role="img" aria-label={t("loading")} />;
  }
  return (
    <div role="img" aria-label={t("loading")}>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={styles.line}>
          <div className={styles.bone} />
        </div>
      ))}
    </div>
  );
}
