/** Inputs to choose with: check box, switch and radio buttons. */
import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import styles from "./choice.module.css";
import { classNames } from "./class-names.ts";
import { useFieldError } from "./field-errors.ts";
import { Complaint, FieldGroup, type FieldProps } from "./fields.tsx";
import type { Choice } from "./select.tsx";

interface ChoiceLineProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "className"> {
  /** How the input is drawn. */
  look: "checkbox" | "radio" | "switch";
  label: ReactNode;
  description?: ReactNode;
  onChange: (isSelected: boolean) => void;
}

/**
 * A native input with what it is called and means. It is the browser's own rather than React Aria's, so that it is locked
 * with the fieldset around it, and drawn by the browser itself where high contrast replaces our colours.
 */
function ChoiceLine({ look, label, description, onChange, ...input }: ChoiceLineProps) {
  const labelId = useId();
  const descriptionId = useId();
  return (
    <label className={styles.choice}>
      <input
        type="checkbox"
        {...input}
        className={classNames(styles.input, styles[look])}
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

export interface CheckboxProps {
  label: ReactNode;
  description?: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  isRequired?: boolean;
  name?: string;
}

/** A choice that counts when a form is sent. What takes effect at once is a Switch. */
export function Checkbox({ isSelected, isDisabled = false, isRequired = false, onChange, ...props }: CheckboxProps) {
  const id = useId();
  const { error, clear } = useFieldError(props.name);
  return (
    <div data-field={props.name}>
      <ChoiceLine
        look="checkbox"
        checked={isSelected}
        disabled={isDisabled}
        required={isRequired}
        {...props}
        {...(error && { "aria-invalid": true, "aria-errormessage": id })}
        onChange={(chosen) => {
          clear();
          onChange(chosen);
        }}
      />
      <Complaint id={id} error={error} />
    </div>
  );
}

export interface SwitchProps {
  label: ReactNode;
  description?: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  name?: string;
}

/** Something that is on or off. */
export function Switch({ isSelected, isDisabled = false, ...props }: SwitchProps) {
  return <ChoiceLine look="switch" role="switch" checked={isSelected} disabled={isDisabled} {...props} />;
}

export interface RadioGroupProps<T extends string> extends Omit<FieldProps, "isLabelHidden"> {
  options: readonly Choice<T>[];
  /** Undefined while nothing is chosen. */
  value: T | undefined;
  onChange: (value: T) => void;
  isDisabled?: boolean;
  isRequired?: boolean;
}

/** One of two to five values that are worth seeing side by side. */
export function RadioGroup<T extends string>({
  options,
  value,
  onChange,
  isDisabled = false,
  ...group
}: RadioGroupProps<T>) {
  const id = useId();
  return (
    <FieldGroup {...group} isChoice>
      {options.map((option) => (
        <ChoiceLine
          key={option.value}
          look="radio"
          type="radio"
          name={group.name ?? id}
          value={option.value}
          checked={option.value === value}
          disabled={isDisabled || option.isDisabled}
          required={group.isRequired}
          label={option.label}
          description={option.description}
          onChange={() => onChange(option.value)}
        />
      ))}
    </FieldGroup>
  );
}
