import { useTranslation } from "react-i18next";
import type { CursorList } from "../../api/cursor-list.ts";
import type { TagEvent } from "../../api/image-tags.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Badge, Empty, Link, Name, type TableColumn } from "../../ui/index.ts";
import { DigestLink } from "./digest-link.tsx";
import { useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";
import styles from "./tag-history.module.css";
import { TimeBy } from "./time-by.tsx";

export interface TagHistoryProps {
  list: CursorList<TagEvent>;
  /** Whether the events are of several tags. */
  showsTag: boolean;
}

/** Who moved which tag from where to where, and when. */
export function TagHistory({ list, showsTag }: TagHistoryProps) {
  const { t } = useTranslation(["image", "common"]);
  const { organization, image } = useImage();
  const columns: TableColumn<TagEvent>[] = [
    { id: "change", header: t("change"), isRowHeader: true, cell: (event) => <Change event={event} /> },
    {
      id: "time",
      header: t("when"),
      cell: ({ time, user }) => <TimeBy time={time} by={user === null ? t("nobody") : t("byUser", { name: user })} />,
    },
  ];
  if (showsTag) {
    columns.unshift({
      id: "tag",
      header: t("common:tag"),
      cell: ({ tag }) => (
        <Link href={tagPath({ organization, image }, tag)}>
          <Name>{tag}</Name>
        </Link>
      ),
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

/** What was done, and which manifests it was about. */
function Change({ event: { deleted, digest, previous } }: { event: TagEvent }) {
  const { t } = useTranslation("image");
  return (
    <span className={styles.change}>
      {deleted ? (
        <Badge tone="danger">{t("changeDeleted")}</Badge>
      ) : previous === null ? (
        <Badge tone="success">{t("changeAdded")}</Badge>
      ) : (
        <Badge tone="info">{t("changeMoved")}</Badge>
      )}
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
