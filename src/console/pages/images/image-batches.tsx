import { useTranslation } from "react-i18next";
import type { ImageName } from "../../../kernel/reference.ts";
import {
  type ImageDeletion,
  useDeleteImages,
  useSetVisibility,
  type VisibilityChange,
} from "../../api/image-batches.ts";
import { Button, ConfirmDialog, IconGlobe, IconLock, IconTrash, Name, toast } from "../../ui/index.ts";
import styles from "./images.module.css";

/** What somebody wants to do with images, in a dialog. */
export interface ImageBatch {
  kind: "delete" | "public" | "private";
  images: readonly ImageName[];
}

interface SelectedImagesActionsProps {
  images: readonly ImageName[];
  onTask: (task: ImageBatch) => void;
}

/** What can be done with the images that are chosen. Whether one may, the registry says of each. */
export function SelectedImagesActions({ images, onTask }: SelectedImagesActionsProps) {
  const { t } = useTranslation("images");
  return (
    <>
      <Button icon={<IconGlobe />} onPress={() => onTask({ kind: "public", images })}>
        {t("makePublic")}
      </Button>
      <Button icon={<IconLock />} onPress={() => onTask({ kind: "private", images })}>
        {t("makePrivate")}
      </Button>
      <Button icon={<IconTrash />} variant="danger" onPress={() => onTask({ kind: "delete", images })}>
        {t("deleteSelected")}
      </Button>
    </>
  );
}

interface ImageBatchDialogsProps {
  /** Undefined: none is open. */
  task: ImageBatch | undefined;
  onClose: () => void;
  /** Called with the images that are as they were wanted, or gone. */
  onDone: (images: readonly ImageName[]) => void;
}

/** How many names are spelled out. */
const MAX_NAMED = 10;

/** Asks before something is done with images, and tells what came of each. */
export function ImageBatchDialogs({ task, onClose, onDone }: ImageBatchDialogsProps) {
  const { t } = useTranslation("images");
  const deletion = useDeleteImages();
  const publication = useSetVisibility(true);
  const retreat = useSetVisibility(false);
  const tellOutcome = useOutcome();
  const { kind = "delete", images = [] } = task ?? {};
  const count = images.length;
  const [first] = images;
  const texts = { delete: "batchDelete", public: "batchPublic", private: "batchPrivate" } as const;
  const mutation = { delete: deletion, public: publication, private: retreat }[kind];

  async function confirm() {
    const results = await mutation.mutateAsync(images);
    // Throws while nothing has changed, which the dialog shows.
    onDone(tellOutcome(texts[kind], results));
  }

  return (
    <ConfirmDialog
      title={t(`${texts[kind]}.title`, { count })}
      isOpen={task !== undefined}
      onClose={onClose}
      confirmLabel={t(`${texts[kind]}.confirm`, { count })}
      danger={kind === "delete"}
      // As for a single one; many have no name together.
      typeToConfirm={kind !== "delete" ? undefined : count === 1 && first ? nameOf(first) : "DELETE"}
      onConfirm={confirm}
    >
      <ul className={styles.named}>
        {images.slice(0, MAX_NAMED).map((image) => (
          <li key={nameOf(image)}>
            <Name>{nameOf(image)}</Name>
          </li>
        ))}
        {count > MAX_NAMED && <li>{t("andMore", { count: count - MAX_NAMED })}</li>}
      </ul>
      <p>{t(`${texts[kind]}.text`)}</p>
    </ConfirmDialog>
  );
}

function nameOf({ organization, image }: ImageName): string {
  return `${organization}/${image}`;
}

type Result = ImageDeletion | VisibilityChange;

/** Tells by toasts what came of each image. */
function useOutcome() {
  const { t } = useTranslation("images");

  function listed(images: readonly ImageName[]): string {
    const named = images.slice(0, MAX_NAMED).map(nameOf).join(", ");
    const rest = images.length - MAX_NAMED;
    return rest > 0 ? `${named} ${t("andMore", { count: rest })}` : named;
  }

  /**
   * @returns the images that are as they were wanted: one that is unknown was gone before.
   * @throws Error when none is.
   */
  return (texts: "batchDelete" | "batchPublic" | "batchPrivate", results: readonly Result[]): ImageName[] => {
    const ofResult = (...wanted: Result["result"][]) => results.filter(({ result }) => wanted.includes(result));
    const done = ofResult("deleted", "changed", "unchanged");
    const gone = ofResult("unknown");
    const left = [
      { text: "batchKept", images: ofResult("immutable") },
      { text: "batchDenied", images: ofResult("denied") },
    ] as const;
    const refusals = left.flatMap(({ text, images }) => (images.length > 0 ? t(text, { images: listed(images) }) : []));
    if (done.length + gone.length === 0 && refusals.length > 0) throw new Error(refusals.join(" "));
    for (const refusal of refusals) toast(refusal, { tone: "warning" });
    if (done.length > 0) toast(t(`${texts}.done`, { count: done.length }));
    if (gone.length > 0) toast(t("batchGone", { images: listed(gone) }), { tone: "info" });
    return [...done, ...gone];
  };
}
