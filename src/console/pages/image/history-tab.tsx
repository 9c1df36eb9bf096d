import { useTranslation } from "react-i18next";
import type { CursorList } from "../../api/cursor-list.ts";
import { type RestorableTag, type TagEvent, useRestorableTags, useTagHistory } from "../../api/image-tags.ts";
import { tagPath } from "../../paths.ts";
import { Badge, Button, Card, Empty, IconUndo, Link, Name, type TableColumn, Time } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import styles from "./tag-cells.module.css";
import { useRestore } from "./tag-actions.tsx";
import { DigestLink, TimeBy } from "./tag-cells.tsx";

/** `/images/:organization/:image/history`: where tags were moved, and those that can be brought back. */
export default function HistoryTab() {
  const { t } = useTranslation("image");
  const list = useTagHistory(useImage());
  return (
    <>
      <RestorableTags />
      <Card title={t("historyTitle")} description={t("historyText")} isFlush>
        <TagHistory list={list} showsTag />
      </Card>
    </>
  );
}

/** Deleted tags that can be brought back. Nothing when there are none. */
function RestorableTags() {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const list = useRestorableTags(image);
  if (list.rows.length === 0 && !list.pages.hasNext && list.error === null) return null;
  const columns: TableColumn<RestorableTag>[] = [
    { id: "tag", header: t("common:tag"), isRowHeader: true, cell: TagName, value: ({ tag }) => tag },
    {
      id: "digest",
      header: t("pointedTo"),
      cell: ({ digest }) => <DigestLink digest={digest} />,
      value: ({ digest }) => digest,
    },
    {
      id: "deleted",
      header: t("deletedAt"),
      cell: ({ deleted, deletedBy }) => (
        <TimeBy time={deleted} by={deletedBy === null ? t("nobody") : t("byUser", { name: deletedBy })} />
      ),
      value: ({ deleted }) => deleted,
      besides: [{ header: t("deletedBy"), value: ({ deletedBy }) => deletedBy }],
    },
    {
      id: "until",
      header: t("restorableUntil"),
      cell: ({ restorableUntil }) => <Time value={restorableUntil} isEnd />,
      value: ({ restorableUntil }) => restorableUntil,
    },
  ];
  if (image.canEdit) {
    columns.push({
      id: "restore",
      header: "",
      value: null,
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
  const { restore, isPending } = useRestore();
  return (
    <Button
      size="small"
      icon={<IconUndo />}
      isPending={isPending}
      aria-label={t("restoreTag", { tag })}
      onPress={() => void restore([tag])}
    >
      {t("restore")}
    </Button>
  );
}

interface TagHistoryProps {
  list: CursorList<TagEvent>;
  /** Whether the events are of several tags. */
  showsTag: boolean;
}

/** Who moved which tag from where to where, and when. */
export function TagHistory({ list, showsTag }: TagHistoryProps) {
  const { t } = useTranslation(["image", "common"]);
  const { organization, image } = useImage();
  const columns: TableColumn<TagEvent>[] = [
    {
      id: "change",
      header: t("change"),
      isRowHeader: true,
      card: showsTag ? "detail" : "title",
      cell: (event) => <Change event={event} />,
      value: (event) => t(changeOf(event)),
      besides: [
        { header: t("changeFrom"), value: ({ previous }) => previous },
        { header: t("changeTo"), value: ({ digest }) => digest },
      ],
    },
    {
      id: "time",
      header: t("when"),
      cell: ({ time, user }) => <TimeBy time={time} by={user === null ? t("nobody") : t("byUser", { name: user })} />,
      value: ({ time }) => time,
      besides: [{ header: t("user"), value: ({ user }) => user }],
    },
  ];
  if (showsTag) {
    columns.unshift({
      id: "tag",
      header: t("common:tag"),
      card: "title",
      cell: ({ tag }) => (
        <Link href={tagPath({ organization, image }, tag)}>
          <Name>{tag}</Name>
        </Link>
      ),
      value: ({ tag }) => tag,
    });
  }
  return (
    <CursorTable
      label={t("historyTitle")}
      list={list}
      columns={columns}
      rowKey={({ tag, time, digest }) => `${tag} ${time} ${digest}`}
      emptyState={<Empty title={t("noHistory")}>{t("noHistoryText")}</Empty>}
    />
  );
}

/** What an event did to its tag: the text that says so. */
function changeOf({ deleted, previous }: TagEvent): keyof typeof TONES {
  return deleted ? "changeDeleted" : previous === null ? "changeAdded" : "changeMoved";
}

const TONES = { changeDeleted: "danger", changeAdded: "success", changeMoved: "info" } as const;

/** What was done, and which manifests it was about. */
function Change({ event }: { event: TagEvent }) {
  const { t } = useTranslation("image");
  const { digest, previous } = event;
  const change = changeOf(event);
  return (
    <span className={styles.change}>
      <Badge tone={TONES[change]}>{t(change)}</Badge>
      <span className={styles.digests}>
        {previous !== null && <DigestLink digest={previous} />}
        {previous !== null && digest !== null && (
          <span className={styles.arrow} role="img" aria-label={t("to")}>
            →
          </span>
        )}
        {digest !== null && <DigestLink digest={digest} />}
      </span>
    </span>
  );
}
