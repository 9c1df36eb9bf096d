import { useTranslation } from "react-i18next";
import { formatBytes, formatNumber } from "./format.ts";
import styles from "./values.module.css";

/** A size, with the exact number of bytes in the tooltip. */
export function Bytes({ value }: { value: number }) {
  // Only for its new rendering when the language changes.
  useTranslation("kit");
  return (
    <span className={styles.value} title={formatNumber(value)}>
      {formatBytes(value)}
    </span>
  );
}
