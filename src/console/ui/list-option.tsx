import { ListBoxItem } from "react-aria-components/ListBox";
import { IconCheck } from "./icons.tsx";
import styles from "./list-box.module.css";

export interface ListOptionProps {
  id: string;
  label: string;
  description?: string | undefined;
  isDisabled?: boolean | undefined;
}

/** One line of the list that Select and ComboBox open; the chosen one has a check mark. */
export function ListOption({ id, label, description, isDisabled = false }: ListOptionProps) {
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
