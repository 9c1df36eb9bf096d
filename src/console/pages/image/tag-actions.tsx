import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useTag } from "../../api/image-tags.ts";
import { Button, IconButton, IconDownload, IconMore, Menu } from "../../ui/index.ts";
import { DownloadButton } from "./download-button.tsx";
import { useImage } from "./image-context.ts";
import { imagePath } from "../../paths.ts";
import { PullDialog } from "./pull-dialog.tsx";
import type { PullInstructionsProps } from "./pull-instructions.tsx";
import { type TagTask, TagDialogs } from "./tag-dialogs.tsx";
import { useTagEntries } from "./use-tag-entries.tsx";

/** What can be done with a tag, or with a manifest by its digest, on its page. */
export function TagActions({ reference, artifactType }: PullInstructionsProps) {
  const { t } = useTranslation("image");
  const [isPulling, setIsPulling] = useState(false);
  return (
    <>
      <Button variant="primary" icon={<IconDownload />} onPress={() => setIsPulling(true)}>
        {t("pull")}
      </Button>
      {reference.includes(":") ? <DownloadButton reference={reference} /> : <TagMenu tag={reference} />}
      <PullDialog isOpen={isPulling} onClose={() => setIsPulling(false)} target={{ reference, artifactType }} />
    </>
  );
}

function TagMenu({ tag }: { tag: string }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [task, setTask] = useState<TagTask>();
  const [, navigate] = useLocation();
  const isImmutable = useTag(image, tag).data?.immutable ?? false;
  const entries = useTagEntries(tag, setTask, { isImmutable });
  const label = t("moreActions");
  return (
    <>
      <Menu
        label={label}
        trigger={<IconButton label={label} icon={<IconMore />} variant="secondary" />}
        items={entries}
      />
      <TagDialogs task={task} onClose={() => setTask(undefined)} onDeleted={() => navigate(imagePath(image))} />
    </>
  );
}
