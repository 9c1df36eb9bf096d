import { useTranslation } from "react-i18next";
import { Button } from "react-aria-components/Button";
import { ComboBox as AriaComboBox, type ComboBoxProps as AriaComboBoxProps } from "react-aria-components/ComboBox";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { ListBox } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { FieldDescription, FieldErrorText, FieldLabel, type FieldProps } from "./field.tsx";
import fieldStyles from "./field.module.css";
import { IconChevronDown } from "./icons.tsx";
import styles from "./list-box.module.css";
import { ListOption } from "./list-option.tsx";
import { Spinner } from "./spinner.tsx";

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
  return (
    <AriaComboBox
      {...props}
      {...(error ? { isInvalid: true } : {})}
      // "items" are shown as they are, "defaultItems" pass React Aria's filter.
      {...(isFiltered ? { items } : { defaultItems: items })}
      inputValue={inputValue}
      onInputChange={onInputChange}
      onChange={(key) => {
        const chosen = items.find((item) => item.id === key);
        if (chosen) onSelect(chosen);
      }}
      allowsCustomValue={allowsCustom}
      allowsEmptyCollection={!allowsCustom}
      menuTrigger={menuTrigger}
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
