import { useTranslation } from "react-i18next";
import { CopyButton } from "./copy-button.tsx";
import { shortDigest } from "./format.ts";
import styles from "./values.module.css";

export interface DigestProps {
  /** `sha256:` and 64 digits. */
  value: string;
}

/** The start of a digest; the tooltip and the clipboard have all of it. */
export function Digest({ value }: DigestProps) {
  const { t } = useTranslation("kit");
  return (
    <span className={styles.digest}>
      <span className={styles.hex} title={value} dir="ltr">
        {shortDigest(value)}
      </span>
      <CopyButton value={value} label={t("copyDigest")} />
    </span>
  );
}
