import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { DropZone } from "react-aria-components/DropZone";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { Text } from "react-aria-components/Text";
import { isFileDropItem } from "react-aria-components/useDrop";
import { Button } from "./button.tsx";
import { IconUpload } from "./icons.tsx";
import styles from "./file-drop.module.css";

export interface FileDropProps {
  /** What belongs here: "Image archives". */
  label: string;
  /** Limits and formats, in a sentence. */
  description?: ReactNode;
  /** Media types and extensions for the file chooser. Dropped files are not held to it: look at what arrives. */
  accept?: readonly string[];
  multiple?: boolean;
  /** At least one file; with `multiple` off exactly one. Folders are left out. */
  onFiles: (files: File[]) => void;
  isDisabled?: boolean;
}

export interface FileChooserProps extends Pick<FileDropProps, "accept"> {
  /** What is to be chosen, and for what. */
  label: string;
  onFile: (file: File) => void;
}

/** A button that takes one file by the file chooser. */
export function FileChooser({ label, accept = [], onFile }: FileChooserProps) {
  return (
    <FileTrigger
      acceptedFileTypes={accept}
      onSelect={(files) => {
        const file = files?.item(0);
        if (file) onFile(file);
      }}
    >
      <Button icon={<IconUpload />}>{label}</Button>
    </FileTrigger>
  );
}

/** Takes files by drop, by paste and by the file chooser. */
export function FileDrop({
  label,
  description,
  accept = [],
  multiple = false,
  onFiles,
  isDisabled = false,
}: FileDropProps) {
  const { t } = useTranslation("kit");

  function take(files: File[]) {
    const taken = multiple ? files : files.slice(0, 1);
    if (taken.length > 0) onFiles(taken);
  }

  return (
    <DropZone
      className={styles.zone ?? ""}
      isDisabled={isDisabled}
      onDrop={({ items }) => {
        void Promise.all(items.filter(isFileDropItem).map((item) => item.getFile())).then(take);
      }}
    >
      <span className={styles.icon}>
        <IconUpload size={20} />
      </span>
      <Text slot="label" className={styles.label ?? ""}>
        {label}
      </Text>
      <p className={styles.hint}>{multiple ? t("dropFiles") : t("dropFile")}</p>
      <FileTrigger
        acceptedFileTypes={accept}
        allowsMultiple={multiple}
        onSelect={(files) => take(files ? Array.from(files) : [])}
      >
        <Button isDisabled={isDisabled}>{multiple ? t("chooseFiles") : t("chooseFile")}</Button>
      </FileTrigger>
      {description && <div className={styles.description}>{description}</div>}
    </DropZone>
  );
}
