import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { type Tag, type TagSearch, useTags } from "../../api/image-tags.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import { comparePath, PATHS, tagPath } from "../../paths.ts";
import {
  Badge,
  Button,
  Bytes,
  CodeBlock,
  CopyButton,
  Digest,
  Empty,
  IconButton,
  IconCompare,
  IconLock,
  IconMore,
  IconRefresh,
  IconTag,
  IconTerminal,
  IconTrash,
  Link,
  Menu,
  Name,
  type TableColumn,
  type TableSort,
  Time,
  Tooltip,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { SearchBox } from "../lists/filters.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { formatPlatform } from "./platforms.ts";
import { clientsFor, pullCommands, pullName } from "./pull-commands.ts";
import { TagDialogs, type TagTask, useTagEntries } from "./tag-actions.tsx";
import { TimeBy, useArtifactName } from "./tag-cells.tsx";
import styles from "./tags-tab.module.css";

/** What tags can be sorted by: columns of the table. */
const SORTS = ["name", "updated", "size"] as const;

/** `/images/:organization/:image`: its tags, what to pull them by, and what can be done with them. */
export default function TagsTab() {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const [search, change] = useTagSearch();
  const list = useTags(image, search);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [task, setTask] = useState<TagTask>();
  const columns: TableColumn<Tag>[] = [
    ...useTagColumns(),
    {
      id: "actions",
      header: "",
      label: t("common:actions"),
      cell: (tag) => <TagRowActions tag={tag} onTask={setTask} />,
    },
  ];

  if (image.properties.tags === 0 && list.rows.length === 0) return <TagsEmpty />;
  return (
    <div className={styles.tab}>
      <div className={styles.tools}>
        <div className={styles.search}>
          <SearchBox
            label={t("searchTags")}
            value={search.text}
            maxLength={MAX_TAG_LENGTH}
            onSearch={(text) => change({ ...search, text })}
          />
        </div>
        <TagSelectionBar
          selected={[...selected]}
          onClear={() => setSelected(new Set())}
          onSync={(tags) => setTask({ kind: "sync", tags })}
          onDelete={(tags) => setTask({ kind: "delete", tags })}
        />
      </div>
      <CursorTable
        label={t("tabTags")}
        list={list}
        columns={columns}
        rowKey={(tag) => tag.name}
        sort={{ column: search.sort, direction: search.order === "asc" ? "ascending" : "descending" }}
        onSortChange={({ column, direction }: TableSort) =>
          change({
            ...search,
            sort: oneOf(column, SORTS) ?? "updated",
            order: direction === "ascending" ? "asc" : "desc",
          })
        }
        selection={{ selected, onChange: setSelected }}
        emptyState={<TagsEmpty text={search.text} />}
      />
      <TagDialogs
        task={task}
        onClose={() => setTask(undefined)}
        onDeleted={(gone) => setSelected((before) => new Set([...before].filter((tag) => !gone.includes(tag))))}
      />
    </div>
  );
}

/** Search and order, kept in the address. The tags that were pushed last come first. */
function useTagSearch(): [TagSearch, (search: TagSearch) => void] {
  const [params, change] = useListParams(["q", "sort", "order"]);
  const sort = oneOf(params.sort, SORTS) ?? "updated";
  const order = oneOf(params.order, ["asc", "desc"]) ?? (sort === "name" ? "asc" : "desc");
  return [
    { text: params.q ?? "", sort, order },
    (search) => {
      const isUsual = search.sort === "updated" && search.order === "desc";
      change({
        q: search.text,
        sort: isUsual ? undefined : search.sort,
        order: isUsual ? undefined : search.order,
      });
    },
  ];
}

interface TagSelectionBarProps {
  /** In the order in which they were chosen. */
  selected: readonly string[];
  onClear: () => void;
  onSync: (tags: readonly string[]) => void;
  onDelete: (tags: readonly string[]) => void;
}

/** What can be done with the tags that are chosen. Nothing while there are none. */
function TagSelectionBar({ selected, onClear, onSync, onDelete }: TagSelectionBarProps) {
  const { t } = useTranslation(["image", "sync"]);
  const image = useImage();
  const [, navigate] = useLocation();
  const [from, to] = selected;
  if (from === undefined) return null;
  return (
    <div className={styles.selection} role="group" aria-label={t("selectedTags")}>
      <span className={styles.count} role="status">
        {t("selectedCount", { count: selected.length })}
      </span>
      <Button
        icon={<IconCompare />}
        isDisabled={selected.length !== 2}
        onPress={() => navigate(comparePath(image, from, to))}
      >
        {t("compareTwo")}
      </Button>
      {image.canEdit && image.isOwn && (
        <Button icon={<IconRefresh />} onPress={() => onSync(selected)}>
          {t("sync:nowSelected")}
        </Button>
      )}
      {image.canManage && (
        <Button icon={<IconTrash />} variant="danger" onPress={() => onDelete(selected)}>
          {t("deleteSelected")}
        </Button>
      )}
      <Button variant="quiet" onPress={onClear}>
        {t("clearSelection")}
      </Button>
    </div>
  );
}

/** In place of the tags of an image that has none, or none of such a name. */
function TagsEmpty({ text = "" }: { text?: string }) {
  const { t } = useTranslation("image");
  const { name, image, canEdit } = useImage();
  if (text !== "") return <Empty title={t("noTagsFound", { text })}>{t("noTagsFoundText")}</Empty>;
  if (!canEdit) return <Empty icon={<IconTag size={20} />} title={t("noTags")} />;
  const remote = pullName({ host: location.host, name, reference: "1.0" });
  const local = image.slice(image.lastIndexOf("/") + 1);
  return (
    <Empty icon={<IconTag size={20} />} title={t("noTags")}>
      <div className={styles.push}>
        <p>{t("noTagsText")}</p>
        <CodeBlock
          code={`docker login ${location.host}\ndocker tag ${local}:latest ${remote}\ndocker push ${remote}`}
          copyLabel={t("copyPush")}
        />
        <p>
          {t("noTagsUpload")} <Link href={PATHS.upload}>{t("upload")}</Link>
        </p>
      </div>
    </Empty>
  );
}

/** What the table of tags shows. */
function useTagColumns(): TableColumn<Tag>[] {
  const { t } = useTranslation(["image", "common"]);
  return [
    { id: "name", header: t("common:tag"), sortable: true, isRowHeader: true, cell: (tag) => <TagName tag={tag} /> },
    { id: "digest", header: t("common:digest"), hideBelow: "medium", cell: (tag) => <Digest value={tag.digest} /> },
    {
      id: "size",
      header: t("common:size"),
      sortable: true,
      align: "end",
      hideBelow: "small",
      cell: (tag) => <Bytes value={tag.size} />,
    },
    {
      id: "platforms",
      header: t("platforms"),
      hideBelow: "medium",
      cell: (tag) => <PlatformList tag={tag} />,
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

/** As many as fit in one or two lines of a table. */
const MAX_SHOWN = 3;

/** The platforms of a tag, the first few of many. */
function PlatformList({ tag: { platforms, platformCount } }: { tag: Tag }) {
  const { t } = useTranslation("image");
  const names = platforms.map(formatPlatform);
  const hidden = names.slice(MAX_SHOWN);
  if (names.length === 0) return <span className={styles.platforms}>—</span>;
  return (
    <span className={styles.platforms}>
      {names.slice(0, MAX_SHOWN).map((name) => (
        <span key={name}>{name}</span>
      ))}
      {hidden.length > 0 && (
        <Tooltip content={hidden.join(", ")}>{t("morePlatforms", { count: platformCount - MAX_SHOWN })}</Tooltip>
      )}
    </span>
  );
}

/** What can be done with one tag: copy the command that pulls it (guide 4.4), and the rest in a menu. */
function TagRowActions({ tag, onTask }: { tag: Tag; onTask: (task: TagTask) => void }) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const entries = useTagEntries(tag.name, onTask, { isImmutable: tag.immutable });
  const target = { ...thisRegistry(), name, reference: tag.name, user: undefined };
  const { pull } = pullCommands(clientsFor(tag.artifactType)[0], target);
  const label = t("moreActionsFor", { name: tag.name });
  return (
    <span className={styles.buttons}>
      <CopyButton value={pull} label={t("copyPullOf", { name: tag.name })} />
      <Menu
        label={label}
        trigger={<IconButton label={label} icon={<IconMore />} size="small" />}
        items={[
          {
            id: "pull",
            label: t("pullOtherClients"),
            icon: <IconTerminal />,
            onAction: () => onTask({ kind: "pull", tag: tag.name, artifactType: tag.artifactType }),
          },
          ...entries,
        ]}
      />
    </span>
  );
}
