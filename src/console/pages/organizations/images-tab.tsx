import { useTranslation } from "react-i18next";
import { type FoundImage, useImages } from "../../api/images.ts";
import type { Organization } from "../../api/organizations.ts";
import { isAtLeast } from "../../api/permissions.ts";
import {
  Bytes,
  CodeBlock,
  Empty,
  formatNumber,
  IconImage,
  Link,
  LinkButton,
  Name,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { imagePath } from "../../paths.ts";
import { CursorTable } from "../lists/cursor-table.tsx";
import { SearchBox } from "../lists/filters.tsx";
import { useListParams } from "../lists/use-list-params.ts";
import styles from "./organizations.module.css";

/** An organization's images, the last changed first (guide 5). All other ways to look at them are in "My images". */
export function ImagesTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation("organizations");
  const [{ q = "" }, change] = useListParams(["q"]);
  const list = useImages("own", { organization: name, sort: "updated", ...(q !== "" && { q }) });
  const columns: TableColumn<FoundImage>[] = [
    {
      id: "image",
      header: t("imageName"),
      isRowHeader: true,
      cell: (image) => (
        <Link href={imagePath(image)}>
          <Name>{image.image}</Name>
        </Link>
      ),
    },
    { id: "tags", header: t("tags"), align: "end", width: "96px", cell: ({ tags }) => formatNumber(tags) },
    {
      id: "size",
      header: t("size"),
      align: "end",
      width: "120px",
      hideBelow: "small",
      cell: ({ size }) => <Bytes value={size} />,
    },
    { id: "updated", header: t("updated"), width: "160px", cell: ({ updated }) => <Time value={updated} /> },
  ];
  return (
    <>
      <div className={styles.toolbar}>
        <div className={styles.search}>
          <SearchBox label={t("searchImages")} value={q} onSearch={(text) => change({ q: text })} />
        </div>
        <LinkButton href={`/images?${new URLSearchParams({ organization: name }).toString()}`}>
          {t("openInImages")}
        </LinkButton>
      </div>
      <CursorTable
        label={t("tabImages")}
        list={list}
        columns={columns}
        rowKey={({ image }) => image}
        emptyState={
          q === "" ? (
            <NoImages organization={name} canPush={isAtLeast(level, "edit")} />
          ) : (
            <Empty title={t("noImageFound")} />
          )
        }
      />
    </>
  );
}

/** Says how the first image gets there. */
function NoImages({ organization, canPush }: { organization: string; canPush: boolean }) {
  const { t } = useTranslation("organizations");
  const target = `${location.host}/${organization}/nginx:1.0`;
  const commands = [`docker login ${location.host}`, `docker tag nginx:1.0 ${target}`, `docker push ${target}`].join(
    "\n",
  );
  return (
    <Empty title={t("noImagesTitle")} icon={<IconImage />}>
      {canPush ? (
        <div className={styles.commands}>
          <p>{t("noImagesPush")}</p>
          <CodeBlock code={commands} copyLabel={t("copyPush")} />
        </div>
      ) : (
        t("noImagesRead")
      )}
    </Empty>
  );
}
