import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { ApiError, FieldError } from "../../api/client.ts";
import { isKeptByRule, type TagDeletion, useDeleteTags, useRestoreTags, useRetag } from "../../api/image-tags.ts";
import { useSettings } from "../../api/settings.ts";
import { comparePath } from "../../paths.ts";
import {
  ConfirmDialog,
  Dialog,
  errorText,
  Form,
  IconCompare,
  IconDownload,
  IconRefresh,
  IconTag,
  IconTrash,
  type MenuEntry,
  Name,
  Notice,
  TextField,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { SyncNowDialog } from "../sync/sync-now-dialog.tsx";
import { PullDialog, useDownload } from "./pull-dialog.tsx";
import styles from "./tags-tab.module.css";

/** What somebody wants to do with tags, in a dialog. */
export type TagTask =
  | { kind: "pull"; tag: string; artifactType: string | null }
  | { kind: "retag"; tag: string }
  | { kind: "sync"; tags: readonly string[] }
  | { kind: "delete"; tags: readonly string[]; staying?: readonly string[] };

interface TagDialogsProps {
  /** Undefined: none is open. */
  task: TagTask | undefined;
  onClose: () => void;
  /** Called with the tags that are gone. */
  onDeleted?: (tags: readonly string[]) => void;
}

/** The dialogs for tags, of which one at most is open. */
export function TagDialogs({ task, onClose, onDeleted }: TagDialogsProps) {
  const { t } = useTranslation("image");
  const source = task?.kind === "retag" ? task.tag : "";
  return (
    <>
      <PullDialog
        isOpen={task?.kind === "pull"}
        onClose={onClose}
        target={task?.kind === "pull" ? { reference: task.tag, artifactType: task.artifactType } : undefined}
      />
      <Dialog title={t("retagTitle", { tag: source })} isOpen={task?.kind === "retag"} onClose={onClose} size="small">
        <RetagForm source={source} onClose={onClose} />
      </Dialog>
      <SyncNowDialog
        isOpen={task?.kind === "sync"}
        onClose={onClose}
        tags={task?.kind === "sync" ? task.tags : []}
        isElsewhere
      />
      <DeleteTagsDialog
        isOpen={task?.kind === "delete"}
        onClose={onClose}
        tags={task?.kind === "delete" ? task.tags : []}
        staying={task?.kind === "delete" ? task.staying : undefined}
        onDeleted={onDeleted}
      />
    </>
  );
}

/** The entries of a menu for one tag, as far as the user may do that. */
export function useTagEntries(
  tag: string,
  onTask: (task: TagTask) => void,
  { isImmutable, staying = [] }: { isImmutable: boolean; staying?: readonly string[] },
): MenuEntry[] {
  const { t } = useTranslation(["image", "sync"]);
  const image = useImage();
  const { download } = useDownload(tag);

  const entries: MenuEntry[] = [
    { id: "download", label: t("download"), icon: <IconDownload />, onAction: () => void download() },
    { id: "compare", label: t("compareWithOther"), icon: <IconCompare />, href: comparePath(image, tag) },
  ];
  if (image.canEdit) {
    entries.push({ id: "retag", label: t("retag"), icon: <IconTag />, onAction: () => onTask({ kind: "retag", tag }) });
  }
  if (image.canEdit && image.isOwn) {
    const onAction = () => onTask({ kind: "sync", tags: [tag] });
    entries.push({ id: "sync", label: t("sync:nowSelected"), icon: <IconRefresh />, onAction });
  }
  if (image.canManage) {
    entries.push({
      id: "delete",
      label: t("deleteTag"),
      icon: <IconTrash />,
      tone: "danger",
      isDisabled: isImmutable,
      ...(isImmutable && { description: t("immutable") }),
      onAction: () => onTask({ kind: "delete", tags: [tag], staying }),
    });
  }
  return entries;
}

/** OCI distribution-spec, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

interface RetagFormProps {
  /** The tag that the new one is to be the same as. */
  source: string;
  onClose: () => void;
}

/** Adds another tag to the image of a tag. One that is there already is moved only when that was asked for once more. */
function RetagForm({ source, onClose }: RetagFormProps) {
  const { t } = useTranslation("image");
  const retag = useRetag(useImage());
  const [destination, setDestination] = useState("");
  const [existing, setExisting] = useState<string>();
  const overrides = existing === destination;
  const isWrong = destination !== "" && !TAG.test(destination);

  async function submit() {
    try {
      await retag.mutateAsync({ source, destination, overrides });
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && !overrides) return setExisting(destination);
      if (isKeptByRule(error)) {
        throw new FieldError("name", t("retagImmutable", { tag: destination }), { cause: error });
      }
      throw error;
    }
    toast(overrides ? t("tagMoved", { tag: destination, source }) : t("tagAdded", { tag: destination, source }));
    onClose();
  }

  return (
    <Form onSubmit={submit} submitLabel={overrides ? t("moveTag") : t("retag")} onCancel={onClose} isDisabled={isWrong}>
      <TextField
        label={t("newTag")}
        name="name"
        description={t("retagHint", { tag: source })}
        value={destination}
        onChange={setDestination}
        error={isWrong ? t("tagInvalid") : undefined}
        maxLength={MAX_TAG_LENGTH}
        isRequired
        isMonospace
        autoFocus
        autoComplete="off"
        spellCheck="false"
      />
      {overrides && (
        <Notice tone="warning" role="alert">
          {t("tagExists", { tag: destination })}
        </Notice>
      )}
    </Form>
  );
}

interface DeleteTagsDialogProps {
  isOpen: boolean;
  onClose: () => void;
  tags: readonly string[];
  /** Other tags of the same digest, where one is deleted: the first few. */
  staying: readonly string[] | undefined;
  onDeleted?: ((tags: readonly string[]) => void) | undefined;
}

/** How many names are spelled out. */
const MAX_NAMED = 10;

/** Asks before tags are deleted, and shows the result for each. The toast about a deleted tag can restore it. */
function DeleteTagsDialog({ isOpen, onClose, tags, staying = [], onDeleted }: DeleteTagsDialogProps) {
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
      {staying.length > 0 && <p>{t("deleteTagStaying", { tags: staying.join(", ") })}</p>}
      {graceDays !== undefined && <p>{t("deleteTagsText", { count: graceDays })}</p>}
    </ConfirmDialog>
  );
}

/** Spells out the first of many tags. */
function useListed(): (tags: readonly string[]) => string {
  const { t } = useTranslation("image");
  return (tags) => {
    const named = tags.slice(0, MAX_NAMED).join(", ");
    const rest = tags.length - MAX_NAMED;
    return rest > 0 ? `${named} ${t("andMore", { count: rest })}` : named;
  };
}

/** Brings deleted tags back, and tells by a toast what came of it. */
export function useRestore() {
  const { t } = useTranslation("image");
  const listed = useListed();
  const restoration = useRestoreTags(useImage());

  async function restore(tags: readonly string[]) {
    try {
      await restoration.mutateAsync(tags);
      toast(t("tagsRestored", { count: tags.length, tags: listed(tags) }));
    } catch (error) {
      toast(t("restoreFailed", { reason: errorText(error) }), { tone: "danger" });
    }
  }

  return { restore, isPending: restoration.isPending };
}

/** Tells by toasts what came of each tag. */
function useOutcome() {
  const { t } = useTranslation("image");
  const listed = useListed();
  const { restore } = useRestore();

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
    const gone = tagsWith("unknown");
    if (gone.length > 0) toast(t("tagsGone", { count: gone.length, tags: listed(gone) }), { tone: "info" });
    return [...deleted, ...gone];
  };
}
