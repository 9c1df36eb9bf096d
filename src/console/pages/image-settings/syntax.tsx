import styles from "./image-settings.module.css";

export interface SyntaxProps {
  title: string;
  items: readonly { example: string; meaning: string }[];
}

/** How patterns are written: what stands for what. */
export function Syntax({ title, items }: SyntaxProps) {
  return (
    <div className={styles.syntax}>
      <p className={styles.title}>{title}</p>
      <dl className={styles.list}>
        {items.map(({ example, meaning }) => (
          <div key={example} className={styles.item}>
            <dt>
              <code className={styles.example}>{example}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
