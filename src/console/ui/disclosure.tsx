import type { ReactNode } from "react";
import styles from "./disclosure.module.css";
import { IconChevronEnd } from "./icons.tsx";

export interface DisclosureProps {
  title: ReactNode;
  children: ReactNode;
  isOpenAtFirst?: boolean;
}

/** Something that is there for those who look for it. The page search of a browser finds and opens it. */
export function Disclosure({ title, children, isOpenAtFirst = false }: DisclosureProps) {
  return (
    <details className={styles.disclosure} open={isOpenAtFirst || undefined}>
      <summary className={styles.summary}>
        <IconChevronEnd />
        <span className={styles.title}>{title}</span>
      </summary>
      <div className={styles.body}>{children}</div>
    </details>
  );
}
