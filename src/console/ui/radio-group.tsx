import { useId, type ReactNode } from "react";
import type { Choice } from "./select.tsx";
import styles from "./choice.module.css";
import { classNames } from "./class-names.ts";
import { RequiredMark } from "./field.tsx";

export interface RadioGroupProps<T extends string> {
  label: string;
  description?: ReactNode;
  error?: string | undefined;
  options: readonly Choice<T>[];
  /** Undefined while nothing is chosen. */
  value: T | undefined;
  onChange: (value: T) => void;
  isDisabled?: boolean;
  isRequired?: boolean;
  name?: string;
}

/** One of two to five values that are worth seeing side by side. */
export function RadioGroup<T extends string>({
  label,
  description,
  error,
  options,
  value,
  onChange,
  isDisabled = false,
  isRequired = false,
  name,
}: RadioGroupProps<T>) {
  const id = useId();
  return (
    <fieldset
      className={styles.group}
      role="radiogroup"
      aria-required={isRequired || undefined}
      aria-invalid={error ? true : undefined}
      aria-describedby={classNames(description ? `${id}-description` : "", error ? `${id}-error` : "") || undefined}
    >
      <legend className={styles.legend}>
        {label}
        {isRequired && <RequiredMark />}
      </legend>
      {description && (
        <div id={`${id}-description`} className={styles.description}>
          {description}
        </div>
      )}
      {options.map((option) => (
        <label key={option.value} className={styles.choice}>
          <input
            type="radio"
            name={name ?? id}
            className={classNames(styles.input, styles.radio)}
            value={option.value}
            checked={option.value === value}
            disabled={isDisabled || option.isDisabled}
            required={isRequired}
            aria-labelledby={`${id}-${option.value}`}
            aria-describedby={option.description ? `${id}-${option.value}-description` : undefined}
            onChange={() => onChange(option.value)}
          />
          <span className={styles.texts}>
            <span id={`${id}-${option.value}`}>{option.label}</span>
            {option.description && (
              <span id={`${id}-${option.value}-description`} className={styles.description}>
                {option.description}
              </span>
            )}
          </span>
        </label>
      ))}
      {error && (
        <div id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </div>
      )}
    </fieldset>
  );
}
