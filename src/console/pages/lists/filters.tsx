import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type OrganizationLevel, useOrganizationNames } from "../../api/organization-names.ts";
import { Button, type Choice, ComboBox, type ComboBoxItem, Empty, SearchField, Select } from "../../ui/index.ts";
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

export interface SearchBoxProps {
  /** For screen readers, and in the empty field. */
  label: string;
  /** What is searched for at present. */
  value: string;
  /** Called when typing pauses, without spaces around. */
  onSearch: (text: string) => void;
  maxLength?: number;
}

/** Long enough to type the next letter. */
const PAUSE_MS = 250;

/** A search box for lists that a server filters: it waits for a pause in typing. */
export function SearchBox({ label, value, onSearch, maxLength = 193 }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const [searched, setSearched] = useState(value);
  const search = useEffectEvent(onSearch);

  if (value !== searched) {
    // Somebody cleared the filters, or went back.
    setSearched(value);
    if (value !== text.trim()) setText(value);
  }

  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => search(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);

  return <SearchField label={label} value={text} onChange={setText} maxLength={maxLength} />;
}

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

export interface OrganizationFilterProps {
  /** Undefined: all of them. */
  value: string | undefined;
  onChange: (organization: string | undefined) => void;
  /** Only those with all of whose images one may do this are proposed. */
  level?: OrganizationLevel;
  /** Also one that is not proposed may be meant. */
  allowsCustom?: boolean;
}

/** One organization, or all: a field that proposes those that one has a right in. */
export function OrganizationFilter({ level, ...filter }: OrganizationFilterProps) {
  const { t } = useTranslation("common");
  const [search, setSearch] = useState("");
  const names = useOrganizationNames(search, level);
  return (
    <ComboFilter
      {...filter}
      label={t("organization")}
      items={(names.data ?? []).map((name) => ({ id: name, label: name }))}
      onSearch={setSearch}
      isLoading={names.isPending}
    />
  );
}

/** Stands in place of a list of which the filters leave nothing. */
export function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation("lists");
  return (
    <Empty title={t("noMatchTitle")} action={<Button onPress={onClear}>{t("clear")}</Button>}>
      {t("noMatchText")}
    </Empty>
  );
}
