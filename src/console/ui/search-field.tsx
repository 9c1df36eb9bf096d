import { useTranslation } from "react-i18next";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
} from "react-aria-components/SearchField";
import { Group } from "react-aria-components/Group";
import { FieldLabel } from "./field.tsx";
import styles from "./field.module.css";
import { IconClose, IconSearch } from "./icons.tsx";

export type SearchFieldProps = Pick<AriaSearchFieldProps, "isDisabled" | "autoFocus" | "onSubmit" | "maxLength"> & {
  /** For screen readers; the magnifier shows it to everybody else. */
  label: string;
  value: string;
  /** At every key; who queries a server waits a little first. */
  onChange: (value: string) => void;
  placeholder?: string;
};

/** A search box; Escape empties it. */
export function SearchField({ label, placeholder, ...props }: SearchFieldProps) {
  const { t } = useTranslation("kit");
  return (
    <AriaSearchField {...props} className={styles.field ?? ""}>
      {({ isEmpty }) => (
        <>
          <FieldLabel isHidden>{label}</FieldLabel>
          <Group className={styles.control ?? ""}>
            <span className={styles.affix}>
              <IconSearch />
            </span>
            <Input className={styles.input ?? ""} placeholder={placeholder ?? label} dir="auto" />
            {!isEmpty && (
              <Button className={styles.inner ?? ""} aria-label={t("clear")}>
                <IconClose />
              </Button>
            )}
          </Group>
        </>
      )}
    </AriaSearchField>
  );
}
