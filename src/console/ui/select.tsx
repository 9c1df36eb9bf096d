/** Fields that open a list of values. */
import { use } from "react";
import { Button } from "react-aria-components/Button";
import { ComboBox as AriaComboBox, type ComboBoxProps as AriaComboBoxProps } from "react-aria-components/ComboBox";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, type SelectProps as AriaSelectProps, SelectValue } from "react-aria-components/Select";
import { useTranslation } from "react-i18next";
import { Spinner } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { useFieldError } from "./field-errors.ts";
import fieldStyles from "./fields.module.css";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./fields.tsx";
import { TouchContext } from "./form.tsx";
import { IconCheck, IconChevronDown } from "./icons.tsx";
import styles from "./list-box.module.css";

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
  const touch = use(TouchContext);
  return (
    <AriaSelect
      {...props}
      data-field={props.name}
      {...(error ? { isInvalid: true } : {})}
      placeholder={placeholder ?? t("choose")}
      value={value ?? null}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (!chosen) return;
        touch();
        onChange(chosen.value);
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

export interface ComboBoxItem {
  id: string;
  label: string;
  description?: string;
}

export type ComboBoxProps = FieldProps &
  Pick<AriaComboBoxProps<ComboBoxItem>, "isRequired" | "isDisabled" | "autoFocus" | "menuTrigger"> & {
    /** All of them, or what a server found for `inputValue`; then `isFiltered` says so. */
    items: readonly ComboBoxItem[];
    inputValue: string;
    onInputChange: (value: string) => void;
    /** An item was chosen from the list. Its label is put into the input by `onInputChange`. */
    onSelect: (item: ComboBoxItem) => void;
    /** Text that is no item may stay in the field; without it, leaving the field brings the last choice back. */
    allowsCustom?: boolean;
    /** The items already answer to `inputValue`; else those that contain it are shown. */
    isFiltered?: boolean;
    isLoading?: boolean;
    placeholder?: string;
  };

/** A text field that proposes values while one types. */
export function ComboBox({
  label,
  description,
  error,
  isLabelHidden,
  items,
  inputValue,
  onInputChange,
  onSelect,
  allowsCustom = false,
  isFiltered = false,
  isLoading = false,
  placeholder = "",
  menuTrigger = "focus",
  ...props
}: ComboBoxProps) {
  const { t } = useTranslation("kit");
  const touch = use(TouchContext);
  const refused = useFieldError(props.name);
  return (
    <AriaComboBox
      {...props}
      data-field={props.name}
      {...(error ? { isInvalid: true } : {})}
      // "items" are shown as they are, "defaultItems" pass React Aria's filter.
      {...(isFiltered ? { items } : { defaultItems: items })}
      inputValue={inputValue}
      onInputChange={onInputChange}
      onChange={(key) => {
        const chosen = items.find((item) => item.id === key);
        if (!chosen) return;
        touch();
        onSelect(chosen);
      }}
      allowsCustomValue={allowsCustom}
      allowsEmptyCollection={!allowsCustom}
      // The form gives the focus to what was refused, and a list would lie over the complaint.
      menuTrigger={menuTrigger === "focus" && refused.error !== undefined ? "input" : menuTrigger}
      className={fieldStyles.field ?? ""}
    >
      <FieldLabel isRequired={props.isRequired} isHidden={isLabelHidden}>
        {label}
      </FieldLabel>
      <FieldDescription>{description}</FieldDescription>
      <Group className={fieldStyles.control ?? ""}>
        <Input className={fieldStyles.input ?? ""} placeholder={placeholder} dir="auto" />
        {isLoading && <Spinner />}
        <Button className={fieldStyles.inner ?? ""} aria-label={t("showOptions")}>
          <IconChevronDown />
        </Button>
      </Group>
      <FieldErrorText error={error} />
      <Popover className={styles.popover ?? ""} offset={4}>
        <ListBox<ComboBoxItem>
          className={styles.list ?? ""}
          renderEmptyState={() => <p className={styles.nothing}>{isLoading ? t("loading") : t("noMatch")}</p>}
        >
          {(item) => <ListOption id={item.id} label={item.label} description={item.description} />}
        </ListBox>
      </Popover>
    </AriaComboBox>
  );
}

interface ListOptionProps {
  id: string;
  label: string;
  description?: string | undefined;
  isDisabled?: boolean | undefined;
}

/** One line of the list that Select and ComboBox open; the chosen one has a check mark. */
function ListOption({ id, label, description, isDisabled = false }: ListOptionProps) {
  return (
    <ListBoxItem id={id} textValue={label} isDisabled={isDisabled} className={styles.option ?? ""}>
      {({ isSelected }) => (
        <>
          <span className={styles.texts}>
            <bdi>{label}</bdi>
            {description && <span className={styles.optionDescription}>{description}</span>}
          </span>
          <span className={styles.check}>{isSelected && <IconCheck />}</span>
        </>
      )}
    </ListBoxItem>
  );
}
