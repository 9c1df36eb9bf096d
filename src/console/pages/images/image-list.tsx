import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import type { ImageName } from "../../../kernel/reference.ts";
import { type FoundImage, type ImageSort, useImages } from "../../api/images.ts";
import { imagePath, organizationPath, PATHS } from "../../paths.ts";
import {
  Bytes,
  Empty,
  formatNumber,
  IconImage,
  IconUpload,
  Link,
  LinkButton,
  Name,
  type TableColumn,
  Time,
  useSelection,
} from "../../ui/index.ts";
import { ImageBadge } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { Filters, FilterSelect, NoMatch, OrganizationFilter, SearchBox } from "../lists/filters.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import { type ImageBatch, ImageBatchDialogs, SelectedImagesActions } from "./image-batches.tsx";
import styles from "./images.module.css";
import { PushSteps } from "./push-steps.tsx";

const SORTS = ["name", "updated", "tags"] as const satisfies readonly ImageSort[];

/** Images that one may pull, with filters: those of one's account that one has a right to, or everybody's public ones. */
export function ImageList({ scope }: { scope: "own" | "public" }) {
  const { t } = useTranslation(["images", "common", "lists"]);
  const [params, change] = useListParams(["q", "organization", "category", "public", "sort", "order"]);
  const category = oneOf(params.category, CATEGORIES);
  const visibility = scope === "own" ? oneOf(params.public, ["true", "false"]) : undefined;
  // What was pushed last is what one looks for most often.
  const sort = oneOf(params.sort, SORTS) ?? "updated";
  const order = oneOf(params.order, ["asc", "desc"]) ?? (sort === "name" ? "asc" : "desc");
  const { q, organization } = params;
  const list = useImages(scope, {
    ...(q && { q }),
    ...(organization && { organization }),
    ...(category && { category }),
    ...(visibility && { public: visibility === "true" }),
    sort,
    order,
  });
  const selection = useSelection();
  const [task, setTask] = useState<ImageBatch>();
  const isFiltered = [q, organization, category, visibility].some((filter) => filter !== undefined);
  const clear = () => change({ q: undefined, organization: undefined, category: undefined, public: undefined });

  const isPublic: TableColumn<FoundImage> = {
    id: "public",
    header: t("visibility"),
    cell: (image) => <ImageBadge isPublic={image.public} />,
    value: (image) => t(image.public ? "common:public" : "common:private"),
  };
  const account: TableColumn<FoundImage> = {
    id: "account",
    header: t("account"),
    cell: (image) => <Name>{image.account}</Name>,
    value: (image) => image.account,
    isSecondary: true,
  };
  const columns: TableColumn<FoundImage>[] = [
    {
      id: "name",
      header: t("name"),
      cell: (image) => <ImageLink image={image} />,
      value: ({ image }) => image,
      sortable: true,
      isRowHeader: true,
    },
    {
      id: "organization",
      header: t("common:organization"),
      card: "hidden",
      // Organizations of other accounts have no page.
      cell: ({ organization: name }) =>
        scope === "own" ? (
          <Link href={organizationPath(name)}>
            <Name>{name}</Name>
          </Link>
        ) : (
          <Name>{name}</Name>
        ),
      value: ({ organization: name }) => name,
    },
    {
      id: "tags",
      header: t("tags"),
      cell: ({ tags }) => formatNumber(tags),
      value: ({ tags }) => tags,
      sortable: true,
      align: "end",
    },
    {
      id: "size",
      header: t("common:size"),
      cell: ({ size }) => <Bytes value={size} />,
      value: ({ size }) => size,
      align: "end",
    },
    scope === "own" ? isPublic : account,
    {
      id: "category",
      header: t("categoryLabel"),
      cell: (image) => t(`category.${image.category}`),
      value: (image) => t(`category.${image.category}`),
      isSecondary: true,
    },
    {
      id: "updated",
      header: t("common:updated"),
      cell: ({ updated }) => <Time value={updated} />,
      value: ({ updated }) => updated,
      sortable: true,
    },
  ];

  return (
    <>
      <Filters label={t("filters")} onClear={isFiltered ? clear : undefined}>
        <SearchBox label={t("search")} value={q ?? ""} onSearch={(text) => change({ q: text })} />
        {scope === "own" && (
          <OrganizationFilter value={organization} onChange={(name) => change({ organization: name })} />
        )}
        <FilterSelect
          label={t("categoryLabel")}
          options={CATEGORIES.map((value) => ({ value, label: t(`category.${value}`) }))}
          value={category}
          onChange={(value) => change({ category: value })}
        />
        {scope === "own" && (
          <FilterSelect
            label={t("visibility")}
            options={[
              { value: "true", label: t("common:public") },
              { value: "false", label: t("common:private") },
            ]}
            value={visibility}
            onChange={(value) => change({ public: value })}
          />
        )}
      </Filters>
      <CursorTable
        label={t(scope === "own" ? "tabs.own" : "tabs.public")}
        list={list}
        columns={columns}
        rowKey={keyOfImage}
        sort={{ column: sort, direction: order === "asc" ? "ascending" : "descending" }}
        onSortChange={({ column, direction }) =>
          change({ sort: column, order: direction === "ascending" ? "asc" : "desc" })
        }
        selection={
          scope === "own"
            ? {
                selection,
                label: t("selectedImages"),
                actions: (keys) => <SelectedImagesActions images={keys.map(imageOfKey)} onTask={setTask} />,
              }
            : undefined
        }
        emptyState={isFiltered ? <NoMatch onClear={clear} /> : <NoImages scope={scope} />}
      />
      <ImageBatchDialogs
        task={task}
        onClose={() => setTask(undefined)}
        onDone={(done) => selection.remove(done.map(keyOfImage))}
      />
    </>
  );
}

/** Names of organizations have no slash. */
function keyOfImage({ organization, image }: ImageName): string {
  return `${organization}/${image}`;
}

function imageOfKey(key: string): ImageName {
  const at = key.indexOf("/");
  return { organization: key.slice(0, at), image: key.slice(at + 1) };
}

/** Stands in place of a list without images, and says how the first one gets there. */
function NoImages({ scope }: { scope: "own" | "public" }) {
  const { t } = useTranslation("images");
  if (scope === "public") {
    return (
      <Empty title={t("emptyPublicTitle")} icon={<IconImage size={20} />}>
        {t("emptyPublicText")}
      </Empty>
    );
  }
  return (
    <Empty
      title={t("emptyTitle")}
      icon={<IconImage size={20} />}
      action={
        <LinkButton href={PATHS.upload} icon={<IconUpload />}>
          {t("upload")}
        </LinkButton>
      }
    >
      <p>{t("emptyText")}</p>
      <div className={styles.firstSteps}>
        <PushSteps />
      </div>
    </Empty>
  );
}

interface ImageLinkProps {
  image: ImageName;
  /** Which tab of the image's page it leads to; the first one without it. */
  tab?: string;
}

/** The name of an image in a table, leading to its page. Where there is no column for its organization, that stands with it. */
export function ImageLink({ image: { organization, image }, tab }: ImageLinkProps) {
  return (
    <Link href={imagePath({ organization, image }, tab)}>
      <Name>
        <span className={styles.organization}>{organization}/</span>
        {image}
      </Name>
    </Link>
  );
}
