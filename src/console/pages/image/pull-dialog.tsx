import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useTag, useTagSuggestions } from "../../api/image-tags.ts";
import { Dialog, ErrorNotice, Skeleton } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { PullInstructions, type PullInstructionsProps } from "./pull-instructions.tsx";
import styles from "./pull-dialog.module.css";
import { TagPicker } from "./tag-picker.tsx";

export interface PullDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** What is pulled; the user chooses a tag unless it is given. */
  target?: PullInstructionsProps | undefined;
}

/** How to pull an image, by each client. */
export function PullDialog({ isOpen, onClose, target }: PullDialogProps) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const title = t("pullTitle", { name: target ? nameWith(name, target.reference) : name });
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} size="medium">
      <div className={styles.content}>{target ? <PullInstructions {...target} /> : <PullAnyTag />}</div>
    </Dialog>
  );
}

function nameWith(name: string, reference: string): string {
  return reference.includes(":") ? `${name}@${reference.slice(0, "sha256:".length + 12)}` : `${name}:${reference}`;
}

/** Starts with the tag that was pushed last. */
function PullAnyTag() {
  const { t } = useTranslation("common");
  const image = useImage();
  const newest = useTagSuggestions(image, "");
  const [chosen, setChosen] = useState<string>();
  const name = chosen ?? newest.data?.[0]?.name;
  const tag = useTag(image, name);
  const failed = [newest, tag].find((query) => query.isError && query.data === undefined);
  if (failed) return <ErrorNotice error={failed.error} onRetry={failed.refetch} />;
  if (newest.isPending) return <Skeleton height="20rem" />;
  return (
    <>
      <TagPicker label={t("tag")} value={name ?? ""} onChange={setChosen} />
      {tag.data ? (
        <PullInstructions reference={tag.data.name} artifactType={tag.data.artifactType} />
      ) : (
        tag.isPending && name !== undefined && <Skeleton height="16rem" />
      )}
    </>
  );
}
