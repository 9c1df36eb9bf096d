import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { type TagSearch, useTags } from "../../api/image-tags.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { SearchBox } from "../lists/search-box.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import type { TableSort } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { type TagTask, TagDialogs } from "./tag-dialogs.tsx";
import { TagSelectionBar } from "./tag-selection-bar.tsx";
import styles from "./tags-tab.module.css";
import { TagsEmpty } from "./tags-empty.tsx";
import { useTagColumns } from "./use-tag-columns.tsx";

/** `/images/:organization/:image`: its tags, what to pull them by, and what can be done with them. */
export default function TagsTab() {
  const { t } = useTranslation("image");
  const image = useImage();
  const [search, change] = useTagSearch();
  const list = useTags(image, search);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [task, setTask] = useState<TagTask>();
  const columns = useTagColumns(setTask);

  if (image.properties.tags === 0 && list.rows.length === 0) return <TagsEmpty />;
  return (
    <div className={styles.tab}>
      <div className={styles.tools}>
        <div className={styles.search}>
          <SearchBox
            label={t("searchTags")}
            value={search.prefix}
            maxLength={MAX_TAG_LENGTH}
            onSearch={(prefix) => change({ ...search, prefix })}
          />
        </div>
        <TagSelectionBar
          selected={[...selected]}
          onClear={() => setSelected(new Set())}
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
            sort: column === "name" ? "name" : "updated",
            order: direction === "ascending" ? "asc" : "desc",
          })
        }
        selection={{ selected, onChange: setSelected }}
        emptyState={<TagsEmpty prefix={search.prefix} />}
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
  const sort = oneOf(params.sort, ["name", "updated"]) ?? "updated";
  const order = oneOf(params.order, ["asc", "desc"]) ?? (sort === "name" ? "asc" : "desc");
  return [
    { prefix: params.q ?? "", sort, order },
    (search) => {
      const isUsual = search.sort === "updated" && search.order === "desc";
      change({
        q: search.prefix,
        sort: isUsual ? undefined : search.sort,
        order: isUsual ? undefined : search.order,
      });
    },
  ];
}
