import { useTranslation } from "react-i18next";
import { Redirect, useSearch } from "wouter";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { type FoundImage, type ImageSort, useImageCentre } from "../../api/images.ts";
import { useSession } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { imagePath, PATHS, signInPath } from "../../paths.ts";
import {
  Chips,
  type CsvColumn,
  Empty,
  ErrorNotice,
  formatNumber,
  hasPager,
  IconGlobe,
  Link,
  Name,
  Page,
  Pager,
  Select,
  Skeleton,
  TableDownload,
  Time,
} from "../../ui/index.ts";
import { firstLine } from "../image/first-line.ts";
import { Filters, FilterSelect, NoMatch, SearchBox } from "../lists/filters.tsx";
import { oneOf, useListParams } from "../lists/use-list-params.ts";
import styles from "./image-centre.module.css";

const SORTS = ["updated", "name", "tags"] as const satisfies readonly ImageSort[];

/** What images are commonly made for, in GOARCH's words. */
const ARCHITECTURES = ["amd64", "arm64", "arm", "386", "loong64", "ppc64le", "riscv64", "s390x"] as const;

/**
 * `/image-centre`: public images of all accounts (guide 7.1.2). Also for who has not signed in, unless the operator of the
 * registry allows no anonymous pulls.
 */
export default function ImageCentre() {
  const { t } = useTranslation("centre");
  const user = useSession().data;
  const settings = useSettings();
  const search = useSearch();
  const isOpen = user || settings.data?.anonymousPull;
  if (settings.data && !isOpen) return <Redirect to={signInPath(PATHS.imageCentre, search)} replace />;
  return (
    <Page title={t("title")} description={t("description")}>
      {isOpen ? (
        <Found />
      ) : settings.isError ? (
        <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />
      ) : (
        <ImageCardsLoading />
      )}
    </Page>
  );
}

/** The images, with filters. */
function Found() {
  const { t } = useTranslation(["centre", "images", "lists", "usage", "common"]);
  const [params, change] = useListParams(["q", "category", "architecture", "sort"]);
  const { q, architecture } = params;
  const category = oneOf(params.category, CATEGORIES);
  const sort = oneOf(params.sort, SORTS) ?? "updated";
  const list = useImageCentre({
    ...(q && { q }),
    ...(category && { category }),
    ...(architecture && { architecture }),
    sort,
  });
  const isFiltered = [q, category, architecture].some((filter) => filter !== undefined);
  const clear = () => change({ q: undefined, category: undefined, architecture: undefined });
  const columns: CsvColumn<FoundImage>[] = [
    { header: t("images:name"), value: ({ image }) => image },
    { header: t("images:organization"), value: ({ organization }) => organization },
    { header: t("images:account"), value: ({ account }) => account },
    { header: t("images:categoryLabel"), value: (image) => t(`images:category.${image.category}`) },
    { header: t("architectures"), value: (image) => image.architectures.join(", ") },
    { header: t("images:tags"), value: ({ tags }) => tags },
    { header: t("usage:pulls"), value: ({ pulls }) => pulls },
    { header: t("common:size"), value: ({ size }) => size },
    { header: t("common:updated"), value: ({ updated }) => updated },
  ];
  // An address may name one that the list does not have.
  const architectures = new Set([...ARCHITECTURES, ...(architecture ? [architecture] : [])]);

  return (
    <>
      <Filters label={t("filters")} onClear={isFiltered ? clear : undefined}>
        <SearchBox label={t("search")} value={q ?? ""} onSearch={(text) => change({ q: text })} />
        <FilterSelect
          label={t("images:categoryLabel")}
          options={CATEGORIES.map((value) => ({ value, label: t(`images:category.${value}`) }))}
          value={category}
          onChange={(value) => change({ category: value })}
        />
        <FilterSelect
          label={t("architecture")}
          options={Array.from(architectures, (value) => ({ value, label: value }))}
          value={architecture}
          onChange={(value) => change({ architecture: value })}
        />
        <Select
          label={t("sort")}
          isLabelHidden
          options={[
            { value: "updated", label: t("sortUpdated") },
            { value: "name", label: t("sortName") },
            { value: "tags", label: t("sortTags") },
          ]}
          value={sort}
          onChange={(value) => change({ sort: value })}
        />
      </Filters>
      {list.isPending ? (
        <ImageCardsLoading />
      ) : list.rows.length > 0 ? (
        <ImageCards images={list.rows} isStale={list.isStale} />
      ) : (
        !list.error && <NothingFound onClear={isFiltered ? clear : undefined} />
      )}
      {list.error ? (
        <ErrorNotice error={list.error} onRetry={list.retry} />
      ) : (
        list.rows.length > 0 && (
          <div className={styles.pager}>
            {hasPager(list.pages, list.rows.length) && (
              <Pager label={t("results")} pages={list.pages} count={list.rows.length} />
            )}
            <TableDownload label={t("results")} columns={columns} readAll={list.readAll} />
          </div>
        )
      )}
    </>
  );
}

function NothingFound({ onClear }: { onClear: (() => void) | undefined }) {
  const { t } = useTranslation(["centre", "lists"]);
  if (onClear) {
    return <NoMatch onClear={onClear} />;
  }
  return (
    <Empty title={t("emptyTitle")} icon={<IconGlobe size={20} />}>
      {t("emptyText")}
    </Empty>
  );
}

interface ImageCardsProps {
  images: readonly FoundImage[];
  /** They answer an earlier question: shown paler. */
  isStale: boolean;
}

/** Images as cards: what each is, and for which architectures. */
function ImageCards({ images, isStale }: ImageCardsProps) {
  const { t } = useTranslation("centre");
  return (
    <ul className={styles.cards} aria-label={t("results")} aria-busy={isStale}>
      {images.map((image) => (
        <li key={`${image.organization}/${image.image}`} className={styles.card}>
          <ImageCard image={image} />
        </li>
      ))}
    </ul>
  );
}

function ImageCard({ image }: { image: FoundImage }) {
  const { t } = useTranslation(["centre", "images"]);
  const summary = firstLine(image.description);
  return (
    <article className={styles.content}>
      <h2 className={styles.name}>
        <Link href={imagePath(image)}>
          <Name>
            <span className={styles.organization}>{image.organization}/</span>
            {image.image}
          </Name>
        </Link>
      </h2>
      <p className={styles.summary}>{summary ? <bdi>{summary}</bdi> : t("noDescription")}</p>
      {image.architectures.length > 0 && (
        <Chips label={t("architectures")} items={image.architectures.map((id) => ({ id, label: id }))} />
      )}
      <ul className={styles.facts}>
        <li>{t(`images:category.${image.category}`)}</li>
        <li>
          <Time value={image.updated} />
        </li>
        <li>{t("tags", { count: image.tags, number: formatNumber(image.tags) })}</li>
        <li>{t("pulls", { count: image.pulls, number: formatNumber(image.pulls) })}</li>
      </ul>
    </article>
  );
}

/** As many as fill the first screen. */
const SKELETONS = 6;

/** Keeps the place of the cards. */
function ImageCardsLoading() {
  return (
    <div className={styles.cards}>
      {Array.from({ length: SKELETONS }, (_, index) => (
        <Skeleton key={index} height="9.5rem" />
      ))}
    </div>
  );
}
