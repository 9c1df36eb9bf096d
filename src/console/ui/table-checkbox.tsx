import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import choiceStyles from "./choice.module.css";
import { classNames } from "./class-names.ts";
import styles from "./table.module.css";

export interface SelectAllProps {
  order: readonly string[];
  selected: ReadonlySet<string>;
  onToggle: () => void;
}

/** Selects every row on screen, or none. */
export function SelectAll({ order, selected, onToggle }: SelectAllProps) {
  const { t } = useTranslation("kit");
  const input = useRef<HTMLInputElement>(null);
  const count = order.filter((key) => selected.has(key)).length;
  const isAll = count > 0 && count === order.length;
  const isSome = count > 0 && !isAll;
  useEffect(() => {
    if (input.current) input.current.indeterminate = isSome;
  }, [isSome]);
  return (
    <label className={styles.checkLabel}>
      <input
        ref={input}
        type="checkbox"
        className={classNames(choiceStyles.input, choiceStyles.checkbox)}
        aria-label={t("selectAll")}
        checked={isAll}
        disabled={order.length === 0}
        onChange={onToggle}
      />
    </label>
  );
}

export interface SelectRowProps {
  name: string;
  isSelected: boolean;
  /** With whether Shift was down. */
  onToggle: (isRange: boolean) => void;
}

/** Selects one row, or with Shift all from the last one on. */
export function SelectRow({ name, isSelected, onToggle }: SelectRowProps) {
  const { t } = useTranslation("kit");
  return (
    <label className={styles.checkLabel}>
      <input
        type="checkbox"
        className={classNames(choiceStyles.input, choiceStyles.checkbox)}
        aria-label={t("selectRow", { name })}
        checked={isSelected}
        // A change event knows no modifier keys; the click that causes it does. Space is a click, too.
        onChange={(event) => onToggle(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
        // Shift and click would mark the text in between.
        onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      />
    </label>
  );
}
