import { useEffect, useId, useRef, type ReactNode } from "react";
import styles from "./choice.module.css";
import { classNames } from "./class-names.ts";

export interface CheckboxProps {
  label: ReactNode;
  description?: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  /** Some, but not all, of what it stands for. */
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  isRequired?: boolean;
  name?: string;
}

/** A choice that counts when a form is sent. What takes effect at once is a Switch. */
export function Checkbox({
  label,
  description,
  isSelected,
  onChange,
  isIndeterminate = false,
  isDisabled = false,
  isRequired = false,
  name,
}: CheckboxProps) {
  const input = useRef<HTMLInputElement>(null);
  const labelId = useId();
  const descriptionId = useId();
  useEffect(() => {
    // Only a property, there is no attribute for it.
    if (input.current) input.current.indeterminate = isIndeterminate;
  }, [isIndeterminate]);
  return (
    <label className={styles.choice}>
      <input
        ref={input}
        type="checkbox"
        name={name}
        className={classNames(styles.input, styles.checkbox)}
        checked={isSelected}
        disabled={isDisabled}
        required={isRequired}
        aria-labelledby={labelId}
        aria-describedby={description ? descriptionId : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={styles.texts}>
        <span id={labelId}>{label}</span>
        {description && (
          <span id={descriptionId} className={styles.description}>
            {description}
          </span>
        )}
      </span>
    </label>
  );
}
