import type { ReactNode } from "react";
import styles from "./description-list.module.css";

export interface DescriptionItem {
  term: string;
  value: ReactNode;
}

/** Properties of one thing: what, and its value. */
export function DescriptionList({ items }: { items: readonly DescriptionItem[] }) {
  return (
    <dl className={styles.list}>
      {items.map(({ term, value }) => (
        <div key={term} className={styles.item}>
          <dt className={styles.term}>{term}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
