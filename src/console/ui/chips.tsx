import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./chips.module.css";
import { IconClose } from "./icons.tsx";

export interface Chip {
  id: string;
  label: string;
  href?: string;
}

export interface ChipsProps {
  /** What they are, for screen readers. */
  label: string;
  items: readonly Chip[];
  /** With it every chip has a cross. */
  onRemove?: (id: string) => void;
}

/** Short values in a row: tags, platforms, filters that are on. */
export function Chips({ label, items, onRemove }: ChipsProps) {
  const { t } = useTranslation("kit");
  return (
    <ul className={styles.chips} aria-label={label}>
      {items.map((item) => (
        <li key={item.id} className={styles.chip}>
          {item.href === undefined ? (
            <bdi className={styles.text}>{item.label}</bdi>
          ) : (
            <Link href={item.href} className={styles.text ?? ""}>
              <bdi>{item.label}</bdi>
            </Link>
          )}
          {onRemove && (
            <button
              type="button"
              className={styles.remove}
              aria-label={t("remove", { name: item.label })}
              onClick={() => onRemove(item.id)}
            >
              <IconClose />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
