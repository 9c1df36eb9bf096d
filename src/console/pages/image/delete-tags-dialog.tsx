import { useTranslation } from "react-i18next";
import { type TagDeletion, useDeleteTags, useRestoreTags } from "../../api/image-tags.ts";
import { useSettings } from "../../api/settings.ts";
import { ConfirmDialog, errorText, Name, toast } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import styles from "./delete-tags-dialog.module.css";

export interface DeleteTagsDialogProps {
  isOpen: boolean;
  onClose: () => void;
  tags: readonly string[];
  onDeleted?: ((tags: readonly string[]) => void) | undefined;
}

/** How many names are spelled out. */
const MAX_NAMED = 10;

/** Asks before tags go, and tells what came of each. What is gone can be brought back by the toast that says so. */
export function DeleteTagsDialog({ isOpen, onClose, tags, onDeleted }: DeleteTagsDialogProps) {
  const { t } = useTranslation("image");
  const image = useImage();
  const deletion = useDeleteTags(image);
  const tellOutcome = useOutcome();
  const graceDays = useSettings().data?.graceDays;
  const [first] = tags;

  async function confirm() {
    const results = await deletion.mutateAsync(tags);
    // Throws while nothing has changed, which the dialog shows.
    onDeleted?.(tellOutcome(results));
  }

  return (
    <ConfirmDialog
      title={tags.length === 1 ? t("deleteTagTitle", { tag: first }) : t("deleteTagsTitle", { count: tags.length })}
      isOpen={isOpen}
      onClose={onClose}
      confirmLabel={t("deleteTags", { count: tags.length })}
      danger
      onConfirm={confirm}
    >
      {tags.length > 1 && (
        <ul className={styles.tags}>
          {tags.slice(0, MAX_NAMED).map((tag) => (
            <li key={tag}>
              <Name>{tag}</Name>
            </li>
          ))}
          {tags.length > MAX_NAMED && <li>{t("andMore", { count: tags.length - MAX_NAMED })}</li>}
        </ul>
      )}
      {graceDays !== undefined && <p>{t("deleteTagsText", { count: graceDays })}</p>}
    </ConfirmDialog>
  );
}

/** Tells by toasts what came of each tag. */
function useOutcome() {
  const { t } = useTranslation("image");
  const restoration = useRestoreTags(useImage());

  async function restore(tags: readonly string[]) {
    try {
      await restoration.mutateAsync(tags);
      toast(t("tagsRestored", { count: tags.length, tags: listed(tags) }));
    } catch (error) {
      toast(t("restoreFailed", { reason: errorText(error) }), { tone: "danger" });
    }
  }

  function listed(tags: readonly string[]): string {
    const named = tags.slice(0, MAX_NAMED).join(", ");
    const rest = tags.length - MAX_NAMED;
    return rest > 0 ? `${named} ${t("andMore", { count: rest })}` : named;
  }

  /**
   * @returns the tags that are gone: an unknown one was gone before.
   * @throws Error when rules keep all of them.
   */
  return (results: readonly TagDeletion[]): string[] => {
    const tagsWith = (wanted: TagDeletion["result"]) =>
      results.filter(({ result }) => result === wanted).map(({ tag }) => tag);
    const deleted = tagsWith("deleted");
    const kept = tagsWith("immutable");
    const keptText = t("tagsKept", { count: kept.length, tags: listed(kept) });
    if (kept.length === results.length) throw new Error(keptText);
    if (kept.length > 0) toast(keptText, { tone: "warning" });
    if (deleted.length > 0) {
      toast(t("tagsDeleted", { count: deleted.length, tags: listed(deleted) }), {
        action: { label: t("undo"), onPress: () => void restore(deleted) },
      });
    }
    return [...deleted, ...tagsWith("unknown")];
  };
}
