import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { errorText } from "./error-text.ts";
import { formatNumber } from "./format.ts";
import { toast } from "./messages.tsx";
import styles from "./selection-bar.module.css";
import { type Selection, useSelectedKeys } from "./selection.ts";

export interface SelectionBarProps {
  selection: Selection;
  /** What is chosen, for screen readers. */
  label: string;
  /** Buttons for what is chosen; called with its keys, in the order in which they were chosen. */
  actions: (keys: readonly string[]) => ReactNode;
  /** Chooses all rows of the list, also those of other pages. */
  onSelectAll?: () => Promise<void>;
  /** There is more to choose than what is on screen. */
  hasOtherPages: boolean;
  /** How many rows the list has; undefined while that is not known. */
  total: number | undefined;
}

/** What can be done with the rows that are chosen. Nothing while there are none. */
export function SelectionBar({ selection, label, actions, onSelectAll, hasOtherPages, total }: SelectionBarProps) {
  const { t } = useTranslation("kit");
  const keys = useSelectedKeys(selection);
  if (keys.size === 0) return null;
  const isWhole = total !== undefined && keys.size >= total;
  return (
    <div className={styles.bar} role="group" aria-label={label}>
      <span className={styles.count} role="status">
        {t("selected", { number: formatNumber(keys.size) })}
      </span>
      {onSelectAll && hasOtherPages && !isWhole && (
        <SelectWhole onSelectAll={onSelectAll}>
          {total === undefined ? t("selectMatches") : t("selectWhole", { total: formatNumber(total) })}
        </SelectWhole>
      )}
      <Button variant="quiet" onPress={() => selection.clear()}>
        {t("clearSelection")}
      </Button>
      <span className={styles.actions}>{actions([...keys])}</span>
    </div>
  );
}

interface SelectWholeProps {
  onSelectAll: () => Promise<void>;
  children: string;
}

function SelectWhole({ onSelectAll, children }: SelectWholeProps) {
  const [isPending, setPending] = useState(false);

  async function select() {
    setPending(true);
    try {
      await onSelectAll();
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Button variant="quiet" isPending={isPending} onPress={() => void select()}>
      {children}
    </Button>
  );
}
