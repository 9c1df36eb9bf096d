import { useTranslation } from "react-i18next";
import type { Tag } from "../../api/image-tags.ts";
import { Badge, Bytes, Digest, IconLock, Link, Name, type TableColumn, Time, Tooltip } from "../../ui/index.ts";
import { useArtifactName } from "./use-artifact-name.ts";
import { useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";
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

/** An image may have been attested many times: the others are on the page of the image. */
function firstOfEachType(companions: Tag["companions"]): Tag["companions"] {
  return companions.filter(({ type }, at) => companions.findIndex((other) => other.type === type) === at);
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
      {tag.kind === "cache" && (
        <Tooltip content={t("cacheHint")}>
          <Badge>{t("cache")}</Badge>
        </Tooltip>
      )}
      {firstOfEachType(tag.companions).map((companion) => (
        <CompanionLink key={companion.type} companion={companion} tag={tag.name} />
      ))}
      {tag.kind !== "cache" && artifact !== undefined && (
        <Badge>
          <span className={styles.artifact}>{artifact}</span>
        </Badge>
      )}
    </span>
  );
}

/** Many rows have such a link. A screen reader lists links without their rows, so this one's label names the tag. */
function CompanionLink({ companion: { type, name }, tag }: { companion: Tag["companions"][number]; tag: string }) {
  const { t } = useTranslation("image");
  const kind = t(`companion_${type}`);
  return (
    <Link href={tagPath(useImage(), name)} aria-label={t("companionOfTag", { kind, tag })}>
      {kind}
    </Link>
  );
}
