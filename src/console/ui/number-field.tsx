import { useTranslation } from "react-i18next";
import { Button } from "react-aria-components/Button";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from "react-aria-components/NumberField";
import { classNames } from "./class-names.ts";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./field.tsx";
import styles from "./field.module.css";
import { IconMinus, IconPlus } from "./icons.tsx";

export type NumberFieldProps = FieldProps &
  Pick<AriaNumberFieldProps, "isRequired" | "isDisabled" | "isReadOnly" | "autoFocus" | "step"> & {
    min?: number;
    max?: number;
    /** Undefined while the field is empty. */
    value: number | undefined;
    onChange: (value: number | undefined) => void;
    /** Stands behind the number: "days". */
    unit?: string;
  };

/** A whole number, typed or stepped; it is brought between `min` and `max` when the field is left. */
export function NumberField({
  label,
  description,
  error,
  isLabelHidden,
  min,
  max,
  value,
  onChange,
  unit,
  step = 1,
  ...props
}: NumberFieldProps) {
  const { t } = useTranslation("kit");
  return (
    <AriaNumberField
      {...props}
      {...(min !== undefined && { minValue: min })}
      {...(max !== undefined && { maxValue: max })}
      {...(error ? { isInvalid: true } : {})}
      step={step}
      // React Aria's empty number is NaN.
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? undefined : next)}
      className={styles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <Group className={classNames(styles.control, styles.short)}>
        <Input className={styles.input ?? ""} />
        {unit && <span className={styles.suffix}>{unit}</span>}
        <Button slot="decrement" className={styles.inner ?? ""} aria-label={t("decrease")}>
          <IconMinus />
        </Button>
        <Button slot="increment" className={styles.inner ?? ""} aria-label={t("increase")}>
          <IconPlus />
        </Button>
      </Group>
      <FieldErrorText error={error} />
    </AriaNumberField>
  );
}
