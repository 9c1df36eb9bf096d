import { useTranslation } from "react-i18next";
import type { Tag } from "../../api/image-tags.ts";
import { Badge, Bytes, Digest, IconLock, Link, Name, type TableColumn, Time, Tooltip } from "../../ui/index.ts";
import { useArtifactName } from "./use-artifact-name.ts";
import { useImage } from "./image-context.ts";
import { tagPath } from "./image-paths.ts";
import { PlatformList } from "./platform-list.tsx";
import { TagRowActions } from "./tag-row-actions.tsx";
import type { TagTask } from "./tag-dialogs.tsx";
import styles from "./tags-tab.module.css";
import { TimeBy } from "./time-by.tsx";

/**
 * What the table of tags shows.
 *
 * @param onTask called when somebody asks for something to be done with one tag.
 */
export function useTagColumns(onTask: (task: TagTask) => void): TableColumn<Tag>[] {
  const { t } = useTranslation(["image", "common"]);
  return [
    { id: "name", header: t("common:tag"), sortable: true, isRowHeader: true, cell: (tag) => <TagName tag={tag} /> },
    { id: "digest", header: t("common:digest"), hideBelow: "medium", cell: (tag) => <Digest value={tag.digest} /> },
    {
      id: "size",
      header: t("common:size"),
      align: "end",
      hideBelow: "small",
      cell: (tag) => <Bytes value={tag.size} />,
    },
    {
      id: "platforms",
      header: t("platforms"),
      hideBelow: "medium",
      cell: (tag) => <PlatformList platforms={tag.platforms} count={tag.platformCount} />,
    },
    {
      id: "updated",
      header: t("pushed"),
      sortable: true,
      cell: ({ pushed, pushedBy }) => (
        <TimeBy time={pushed} by={pushedBy === null ? null : t("pushedBy", { name: pushedBy })} />
      ),
    },
    { id: "pulled", header: t("lastPulled"), hideBelow: "small", cell: (tag) => <Time value={tag.lastPulled} /> },
    {
      id: "actions",
      header: "",
      label: t("common:actions"),
      cell: (tag) => <TagRowActions tag={tag} onTask={onTask} />,
    },
  ];
}

function TagName({ tag }: { tag: Tag }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const artifact = useArtifactName(tag.artifactType);
  return (
    <span className={styles.name}>
      <Link href={tagPath(image, tag.name)}>
        <Name>{tag.name}</Name>
      </Link>
      {tag.immutable && (
        <Tooltip content={t("immutable")}>
          <span className={styles.lock} role="img" aria-label={t("immutable")}>
            <IconLock />
          </span>
        </Tooltip>
      )}
      {artifact !== undefined && (
        <Badge>
          <span className={styles.artifact}>{artifact}</span>
        </Badge>
      )}
    </span>
  );
}
