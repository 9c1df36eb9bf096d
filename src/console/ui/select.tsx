import { useTranslation } from "react-i18next";
import { Button } from "react-aria-components/Button";
import { ListBox } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue, type SelectProps as AriaSelectProps } from "react-aria-components/Select";
import { classNames } from "./class-names.ts";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./field.tsx";
import fieldStyles from "./field.module.css";
import { IconChevronDown } from "./icons.tsx";
import styles from "./list-box.module.css";
import { ListOption } from "./list-option.tsx";

export interface Choice<T extends string> {
  value: T;
  label: string;
  description?: string;
  isDisabled?: boolean;
}

export type SelectProps<T extends string> = FieldProps &
  Pick<AriaSelectProps<object>, "isRequired" | "isDisabled" | "autoFocus" | "placeholder"> & {
    options: readonly Choice<T>[];
    /** Undefined while nothing is chosen. */
    value: T | undefined;
    onChange: (value: T) => void;
  };

/** One of a few known values. For many, or for values from the network, see ComboBox. */
export function Select<T extends string>({
  label,
  description,
  error,
  isLabelHidden,
  options,
  value,
  onChange,
  placeholder,
  ...props
}: SelectProps<T>) {
  const { t } = useTranslation("kit");
  return (
    <AriaSelect
      {...props}
      {...(error ? { isInvalid: true } : {})}
      placeholder={placeholder ?? t("choose")}
      value={value ?? null}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (chosen) onChange(chosen.value);
      }}
      className={fieldStyles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <Button className={classNames(fieldStyles.control, styles.trigger)}>
        <SelectValue className={styles.value ?? ""}>
          {({ selectedText, isPlaceholder, defaultChildren }) => (isPlaceholder ? defaultChildren : selectedText)}
        </SelectValue>
        <IconChevronDown />
      </Button>
      <FieldErrorText error={error} />
      <Popover className={styles.popover ?? ""} offset={4}>
        <ListBox className={styles.list ?? ""} items={options}>
          {(option) => (
            <ListOption
              id={option.value}
              label={option.label}
              description={option.description}
              isDisabled={option.isDisabled}
            />
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
