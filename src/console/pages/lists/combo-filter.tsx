import { useState, type KeyboardEvent } from "react";
import { ComboBox, type ComboBoxItem } from "../../ui/index.ts";

export interface ComboFilterProps {
  label: string;
  items: readonly ComboBoxItem[];
  /** The id of what was chosen; undefined: everything. */
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  /** A server finds the items: called with what is typed, and with "" when the field shows what was chosen. */
  onSearch?: (text: string) => void;
  isLoading?: boolean;
  /** What is typed counts by itself, once the field is left or Enter is pressed. Else it must be one of the items. */
  allowsCustom?: boolean;
}

/** A filter that proposes values while one types: for more of them than a list can show. */
export function ComboFilter({ items, value, onChange, onSearch, allowsCustom = false, ...field }: ComboFilterProps) {
  const shown = items.find(({ id }) => id === value)?.label ?? value ?? "";
  const [text, setText] = useState(shown);
  const [settled, setSettled] = useState(shown);
  if (shown !== settled) {
    // Somebody cleared the filters, went back, or the name of what was chosen has come.
    setSettled(shown);
    setText(shown);
  }

  function type(next: string) {
    setText(next);
    onSearch?.(next === shown ? "" : next.trim());
    if (next === "" && value !== undefined) onChange(undefined);
  }

  /** What was typed counts, or does not stay. */
  function settle() {
    const typed = text.trim();
    if (allowsCustom && typed !== shown) onChange(typed === "" ? undefined : typed);
    else setText(shown);
  }

  function settleOnEnter({ key, target }: KeyboardEvent) {
    const chooses = target instanceof Element && target.hasAttribute("aria-activedescendant");
    if (key === "Enter" && !chooses) settle();
  }

  return (
    <div onBlur={settle} onKeyDown={settleOnEnter}>
      <ComboBox
        {...field}
        placeholder={field.label}
        isLabelHidden
        items={items}
        inputValue={text}
        onInputChange={type}
        onSelect={({ id }) => onChange(id)}
        allowsCustom
        isFiltered={onSearch !== undefined}
      />
    </div>
  );
}
