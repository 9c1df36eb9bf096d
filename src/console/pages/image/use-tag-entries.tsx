import { useTranslation } from "react-i18next";
import { errorText, IconCompare, IconDownload, IconTag, IconTrash, type MenuEntry, toast } from "../../ui/index.ts";
import { downloadArchive } from "./download-archive.ts";
import { useImage } from "./image-context.ts";
import { comparePath } from "../../paths.ts";
import type { TagTask } from "./tag-dialogs.tsx";

/** The entries of a menu for one tag, as far as the user may do that. */
export function useTagEntries(
  tag: string,
  onTask: (task: TagTask) => void,
  { isImmutable }: { isImmutable: boolean },
): MenuEntry[] {
  const { t } = useTranslation("image");
  const image = useImage();

  async function download() {
    try {
      await downloadArchive(image, tag);
    } catch (error) {
      toast(t("downloadFailed", { reason: errorText(error) }), { tone: "danger" });
    }
  }

  const entries: MenuEntry[] = [
    { id: "download", label: t("download"), icon: <IconDownload />, onAction: () => void download() },
    { id: "compare", label: t("compareWithOther"), icon: <IconCompare />, href: comparePath(image, tag) },
  ];
  if (image.canEdit) {
    entries.push({ id: "retag", label: t("retag"), icon: <IconTag />, onAction: () => onTask({ kind: "retag", tag }) });
  }
  if (image.canManage) {
    entries.push({
      id: "delete",
      label: t("deleteTag"),
      icon: <IconTrash />,
      tone: "danger",
      isDisabled: isImmutable,
      ...(isImmutable && { description: t("immutable") }),
      onAction: () => onTask({ kind: "delete", tags: [tag] }),
    });
  }
  return entries;
}
