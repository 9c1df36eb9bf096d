import { useTranslation } from "react-i18next";
import styles from "./brand.module.css";

/** The product's sign and name. */
export function Brand() {
  const { t } = useTranslation();
  return (
    <span className={styles.brand}>
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" className={styles.sign}>
        <rect width="32" height="32" rx="7" />
        <g fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round">
          <path d="M7 12.5 16 8l9 4.5-9 4.5z" />
          <path d="m7 17 9 4.5 9-4.5" />
          <path d="m7 21.5 9 4.5 9-4.5" opacity=".6" />
        </g>
      </svg>
      {t("product")}
    </span>
  );
}
