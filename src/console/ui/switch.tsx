import { useId, type ReactNode } from "react";
import styles from "./choice.module.css";
import { classNames } from "./class-names.ts";

export interface SwitchProps {
  label: ReactNode;
  description?: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  name?: string;
}

/** Something that is on or off. */
export function Switch({ label, description, isSelected, onChange, isDisabled = false, name }: SwitchProps) {
  const labelId = useId();
  const descriptionId = useId();
  return (
    <label className={styles.choice}>
      <input
        type="checkbox"
        role="switch"
        name={name}
        className={classNames(styles.input, styles.switch)}
        checked={isSelected}
        disabled={isDisabled}
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
