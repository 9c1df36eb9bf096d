import type { ReactNode } from "react";
import styles from "./name.module.css";

/**
 * A name that a user chose: of an image, a tag, an organization. It may be long, without a space, or in a script that
 * runs the other way; it is broken where it must and does not disturb the text around it.
 */
export function Name({ children }: { children: ReactNode }) {
  return (
    <bdi className={styles.name} title={typeof children === "string" ? children : undefined}>
      {children}
    </bdi>
  );
}
