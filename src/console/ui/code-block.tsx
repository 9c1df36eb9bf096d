import { useTranslation } from "react-i18next";
import { classNames } from "./class-names.ts";
import styles from "./code-block.module.css";
import { CopyButton } from "./copy-button.tsx";
import { useIsScrollable } from "./use-is-scrollable.ts";

export interface CodeBlockProps {
  code: string;
  copyLabel?: string;
  /** Long lines are broken rather than scrolled. */
  wrap?: boolean;
  /** CSS height beyond which it scrolls. */
  maxHeight?: string;
  /** What goes to the clipboard, where it isn't what is shown. */
  copyValue?: string;
}

/** Commands or a file, to be read and copied. Always from left to right. */
export function CodeBlock({ code, copyLabel, wrap = false, maxHeight, copyValue }: CodeBlockProps) {
  const { t } = useTranslation("kit");
  const [pre, isScrollable] = useIsScrollable();
  return (
    <div className={styles.block}>
      <pre
        ref={pre}
        dir="ltr"
        className={classNames(styles.code, wrap && styles.wrap)}
        style={{ maxBlockSize: maxHeight }}
        {...(isScrollable && { tabIndex: 0 })}
      >
        <code>{code}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton value={copyValue ?? code} label={copyLabel ?? t("copy")} />
      </div>
    </div>
  );
}
