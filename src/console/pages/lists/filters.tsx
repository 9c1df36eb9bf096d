import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, type Choice, Select } from "../../ui/index.ts";
import styles from "./filters.module.css";

export interface FiltersProps {
  /** What is filtered, for screen readers. */
  label: string;
  children: ReactNode;
  /** There is no search: all of them are as wide. */
  isEven?: boolean;
  /** Takes all filters away; undefined while none is set. */
  onClear?: (() => void) | undefined;
}

/** The filters above a list. The first one is a search, which takes the room that the others leave. */
export function Filters({ label, children, isEven = false, onClear }: FiltersProps) {
  const { t } = useTranslation("lists");
  return (
    <div role="search" aria-label={label} className={isEven ? styles.even : styles.filters}>
      {children}
      {onClear && (
        <Button variant="quiet" onPress={onClear}>
          {t("clear")}
        </Button>
      )}
    </div>
  );
}

export interface FilterSelectProps<T extends string> {
  label: string;
  options: readonly Choice<T>[];
  /** Undefined: everything. */
  value: T | undefined;
  onChange: (value: T | undefined) => void;
}

/** Stands for "everything" in the list, which needs a value for each entry. No filter has a value like it. */
const EVERYTHING = "*";

/** One of a few values, or all of them. */
export function FilterSelect<T extends string>({ label, options, value, onChange }: FilterSelectProps<T>) {
  const { t } = useTranslation("lists");
  const all: Choice<T | typeof EVERYTHING> = { value: EVERYTHING, label: t("everything", { label }) };
  return (
    <Select<T | typeof EVERYTHING>
      label={label}
      isLabelHidden
      options={[all, ...options]}
      value={value ?? EVERYTHING}
      onChange={(chosen) => onChange(chosen === EVERYTHING ? undefined : chosen)}
    />
  );
}
