import { useTranslation } from "react-i18next";
import { type RestorableTag, useRestorableTags, useRestoreTags } from "../../api/image-tags.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Badge, Button, Card, errorText, IconUndo, Name, type TableColumn, Time, toast } from "../../ui/index.ts";
import { DigestLink } from "./digest-link.tsx";
import { useImage } from "./image-context.ts";
import { TimeBy } from "./time-by.tsx";

/** Deleted tags that can be brought back. Nothing when there are none. */
export function RestorableTags() {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const list = useRestorableTags(image);
  if (list.rows.length === 0 && !list.hasMore && list.error === null) return null;
  const columns: TableColumn<RestorableTag>[] = [
    { id: "tag", header: t("common:tag"), isRowHeader: true, cell: TagName },
    { id: "digest", header: t("pointedTo"), hideBelow: "small", cell: ({ digest }) => <DigestLink digest={digest} /> },
    {
      id: "deleted",
      header: t("deletedAt"),
      cell: ({ deleted, deletedBy }) => (
        <TimeBy time={deleted} by={deletedBy === null ? t("nobody") : t("byUser", { name: deletedBy })} />
      ),
    },
    {
      id: "until",
      header: t("restorableUntil"),
      hideBelow: "small",
      cell: ({ restorableUntil }) => <Time value={restorableUntil} />,
    },
  ];
  if (image.canEdit) {
    columns.push({
      id: "restore",
      header: "",
      label: t("common:actions"),
      align: "end",
      cell: ({ tag }) => <RestoreButton tag={tag} />,
    });
  }
  return (
    <Card title={t("restorableTitle")} description={t("restorableText")} isFlush>
      <CursorTable label={t("restorableTitle")} list={list} columns={columns} rowKey={({ tag }) => tag} />
    </Card>
  );
}

function TagName({ tag, companionOf }: RestorableTag) {
  const { t } = useTranslation("image");
  return (
    <>
      <Name>{tag}</Name> {companionOf !== null && <Badge>{t("restoredWithImage")}</Badge>}
    </>
  );
}

function RestoreButton({ tag }: { tag: string }) {
  const { t } = useTranslation("image");
  const restoration = useRestoreTags(useImage());

  async function restore() {
    try {
      await restoration.mutateAsync([tag]);
      toast(t("tagsRestored", { count: 1, tags: tag }));
    } catch (error) {
      toast(t("restoreFailed", { reason: errorText(error) }), { tone: "danger" });
    }
  }

  return (
    <Button
      size="small"
      icon={<IconUndo />}
      isPending={restoration.isPending}
      aria-label={t("restoreTag", { tag })}
      onPress={() => void restore()}
    >
      {t("restore")}
    </Button>
  );
}
