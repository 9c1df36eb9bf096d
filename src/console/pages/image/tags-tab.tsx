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
  formatList,
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
  useSelection,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { SearchBox } from "../lists/filters.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { describeArtifact } from "./artifact-types.ts";
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
  const list = useTags(image, search, image.properties.tags);
  const selection = useSelection();
  const [task, setTask] = useState<TagTask>();
  const columns: TableColumn<Tag>[] = [
    ...useTagColumns(),
    {
      id: "pull",
      header: t("pullColumn"),
      align: "end",
      cell: (tag) => <CopyPull tag={tag} />,
      value: ({ pullCommand }) => pullCommand,
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      cell: (tag) => <TagRowActions tag={tag} onTask={setTask} />,
    },
  ];

  if (image.properties.tags === 0 && list.rows.length === 0) return <TagsEmpty />;
  return (
    <div className={styles.tab}>
      <div className={styles.search}>
        <SearchBox
          label={t("searchTags")}
          value={search.text}
          maxLength={MAX_TAG_LENGTH}
          onSearch={(text) => change({ ...search, text })}
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
        selection={{
          selection,
          label: t("selectedTags"),
          actions: (tags) => <SelectedTagsActions tags={tags} onTask={setTask} />,
        }}
        emptyState={<TagsEmpty text={search.text} />}
      />
      <TagDialogs task={task} onClose={() => setTask(undefined)} onDeleted={(gone) => selection.remove(gone)} />
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

interface SelectedTagsActionsProps {
  /** In the order in which they were chosen. */
  tags: readonly string[];
  onTask: (task: TagTask) => void;
}

/** What can be done with the tags that are chosen. */
function SelectedTagsActions({ tags, onTask }: SelectedTagsActionsProps) {
  const { t } = useTranslation(["image", "sync"]);
  const image = useImage();
  const [, navigate] = useLocation();
  const [from, to] = tags;
  return (
    <>
      {tags.length === 2 && from !== undefined && to !== undefined && (
        <Button icon={<IconCompare />} onPress={() => navigate(comparePath(image, from, to))}>
          {t("compareTwo")}
        </Button>
      )}
      {image.canEdit && image.isOwn && (
        <Button icon={<IconRefresh />} onPress={() => onTask({ kind: "sync", tags })}>
          {t("sync:nowSelected")}
        </Button>
      )}
      {image.canManage && (
        <Button icon={<IconTrash />} variant="danger" onPress={() => onTask({ kind: "delete", tags })}>
          {t("deleteSelected")}
        </Button>
      )}
    </>
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
    {
      id: "name",
      header: t("common:tag"),
      sortable: true,
      isRowHeader: true,
      cell: (tag) => <TagName tag={tag} />,
      value: ({ name }) => name,
    },
    {
      id: "digest",
      header: t("common:digest"),
      isSecondary: true,
      cell: (tag) => <Digest value={tag.digest} />,
      value: (tag) => tag.digest,
    },
    {
      id: "size",
      header: t("common:size"),
      sortable: true,
      align: "end",
      cell: (tag) => <Bytes value={tag.size} />,
      value: (tag) => tag.size,
    },
    {
      id: "platforms",
      header: t("platforms"),
      isSecondary: true,
      cell: (tag) => <PlatformList tag={tag} />,
      value: ({ platforms }) => platforms.map(formatPlatform).join(", "),
    },
    {
      id: "updated",
      header: t("pushed"),
      sortable: true,
      cell: ({ pushed, pushedBy }) => (
        <TimeBy time={pushed} by={pushedBy === null ? null : t("pushedBy", { name: pushedBy })} />
      ),
      value: ({ pushed }) => pushed,
      besides: [{ header: t("pushedByColumn"), value: ({ pushedBy }) => pushedBy }],
    },
    {
      id: "pulled",
      header: t("lastPulled"),
      cell: (tag) => <Time value={tag.lastPulled} />,
      value: (tag) => tag.lastPulled,
    },
  ];
}

/** Something that belongs to a tag: what it is called, and where it is shown. */
interface Attached {
  kind: string;
  label: string;
  href: string;
}

/** What people look for in a list; the rest is on the page of the tag. */
const SHOWN_REFERRERS = ["signature", "sbom", "attestation", "vex", "scan"] as const;

/** One of each kind: an image may have been attested many times, and the others are on its page. */
function useAttached({ name, companions, referrers }: Tag): Attached[] {
  const { t } = useTranslation("image");
  const image = useImage();
  const kinds = new Set<string>(
    referrers.map(({ artifactType, annotations }) => describeArtifact(artifactType ?? "", annotations).kind),
  );
  const all: Attached[] = [
    ...companions.map((companion) => ({
      kind: companion.type,
      label: t(`companion_${companion.type}`),
      href: tagPath(image, companion.name),
    })),
    ...SHOWN_REFERRERS.filter((kind) => kinds.has(kind)).map((kind) => ({
      kind,
      label: t(`artifact_${kind}`),
      href: `${tagPath(image, name)}?view=referrers`,
    })),
  ];
  return all.filter(({ kind }, at) => all.findIndex((other) => other.kind === kind) === at);
}

/** With which other tags a tag is one image, in words; undefined where there are none. */
function useSameText({ sameDigest, moreSameDigest }: Tag): string | undefined {
  const { t } = useTranslation("image");
  if (sameDigest.length === 0) return undefined;
  return moreSameDigest
    ? t("sameAsAmongOthers", { tags: sameDigest.join(", ") })
    : t("sameAs", { tags: formatList(sameDigest) });
}

function TagName({ tag }: { tag: Tag }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const artifact = useArtifactName(tag.artifactType);
  const attached = useAttached(tag);
  const same = useSameText(tag);
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
      {attached.map(({ kind, label, href }) => (
        // Many rows have such a link. A screen reader lists links without their rows, so this one's label names the tag.
        <Link key={kind} href={href} aria-label={t("companionOfTag", { kind: label, tag: tag.name })}>
          <Badge tone={kind === "signature" ? "info" : "neutral"}>{label}</Badge>
        </Link>
      ))}
      {tag.kind !== "cache" && artifact !== undefined && (
        <Badge>
          <span className={styles.artifact}>{artifact}</span>
        </Badge>
      )}
      {same !== undefined && (
        <span className={styles.same} title={same}>
          <bdi>{same}</bdi>
        </span>
      )}
    </span>
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

/** Copies the command that pulls a tag (guide 4.4). */
function CopyPull({ tag }: { tag: Tag }) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const target = { ...thisRegistry(), name, reference: tag.name, user: undefined };
  const { pull } = pullCommands(clientsFor(tag.artifactType)[0], target);
  return <CopyButton value={pull} label={t("copyPullOf", { name: tag.name })} icon={<IconTerminal />} />;
}

/** What else can be done with one tag. */
function TagRowActions({ tag, onTask }: { tag: Tag; onTask: (task: TagTask) => void }) {
  const { t } = useTranslation("image");
  const entries = useTagEntries(tag.name, onTask, { isImmutable: tag.immutable, staying: tag.sameDigest });
  const label = t("moreActionsFor", { name: tag.name });
  return (
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
  );
}
