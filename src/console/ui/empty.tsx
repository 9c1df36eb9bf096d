import type { ReactNode } from "react";
import styles from "./empty.module.css";

export interface EmptyProps {
  title: string;
  /** What to do about it. */
  children?: ReactNode;
  /** A button or link that does it. */
  action?: ReactNode;
  icon?: ReactNode;
}

/** Stands where there is nothing, and says what to do next. */
export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {icon && <div className={styles.icon}>{icon}</div>}
      <p className={styles.title}>{title}</p>
      {children && <div className={styles.text}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}
