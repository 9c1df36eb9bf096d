import { useTranslation } from "react-i18next";
import styles from "./spinner.module.css";

export interface SpinnerProps {
  size?: 16 | 24;
  /** What is being waited for; "Loading" unless given. */
  label?: string;
}

/** Something of unknown length is under way. */
export function Spinner({ size = 16, label }: SpinnerProps) {
  const { t } = useTranslation("kit");
  return (
    <svg
      className={styles.spinner}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      role="img"
      aria-label={label ?? t("loading")}
    >
      <circle cx="8" cy="8" r="6.5" opacity={0.25} />
      <path d="M14.5 8A6.5 6.5 0 0 0 8 1.5" />
    </svg>
  );
}
