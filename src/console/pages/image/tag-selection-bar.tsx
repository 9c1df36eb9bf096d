import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { Button, IconCompare, IconTrash } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { comparePath } from "../../paths.ts";
import styles from "./tags-tab.module.css";

export interface TagSelectionBarProps {
  /** In the order in which they were chosen. */
  selected: readonly string[];
  onClear: () => void;
  onDelete: (tags: readonly string[]) => void;
}

/** What can be done with the tags that are chosen. Nothing while there are none. */
export function TagSelectionBar({ selected, onClear, onDelete }: TagSelectionBarProps) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [, navigate] = useLocation();
  const [from, to] = selected;
  if (from === undefined) return null;
  return (
    <div className={styles.selection} role="group" aria-label={t("selectedTags")}>
      <span className={styles.count} role="status">
        {t("selectedCount", { count: selected.length })}
      </span>
      <Button
        icon={<IconCompare />}
        isDisabled={selected.length !== 2}
        onPress={() => navigate(comparePath(image, from, to))}
      >
        {t("compareTwo")}
      </Button>
      {image.canManage && (
        <Button icon={<IconTrash />} variant="danger" onPress={() => onDelete(selected)}>
          {t("deleteSelected")}
        </Button>
      )}
      <Button variant="quiet" onPress={onClear}>
        {t("clearSelection")}
      </Button>
    </div>
  );
}
