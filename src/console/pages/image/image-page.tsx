import type { ParseKeys } from "i18next";
import { type ComponentType, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { imagePath } from "../../paths.ts";
import { lazyPage } from "../../shell/lazy-page.ts";
import { Bytes, Empty, formatNumber, LinkButton, Name, Notice, Page, Skeleton, Tabs, Time } from "../../ui/index.ts";
import {
  type CurrentImage,
  ImageBadge,
  ImageContext,
  ImageFailure,
  useImage,
  useImagePage,
} from "../current-image.tsx";
import { firstLine } from "./first-line.ts";
import { ImageActions } from "./image-actions.tsx";
import styles from "./image-page.module.css";

/** `/images/:organization/:image/:tab?`: an image, one of its tabs at a time. */
export default function ImagePage() {
  const { tab } = useParams<{ tab?: string }>();
  const { name, query, image, breadcrumbs } = useImagePage();
  return (
    <ImageContext value={image}>
      <Page
        title={name.image}
        breadcrumbs={breadcrumbs}
        titleAddition={image && <ImageBadge isPublic={image.properties.public} />}
        actions={image && <ImageActions key={image.name} />}
        description={image ? <ImageFacts /> : query.isPending && <Skeleton lines={2} />}
      >
        {image && <FailingTriggers />}
        {image && <FailedSyncs />}
        {image && <ImageTabs key={image.name} image={image} selected={tab} />}
        {query.isPending && <Skeleton height="16rem" />}
        {query.isError && !image && <ImageFailure error={query.error} onRetry={query.refetch} />}
      </Page>
    </ImageContext>
  );
}

/** What is said of an image under its name. */
function ImageFacts() {
  const { t } = useTranslation(["image", "images"]);
  const { properties, isOwn } = useImage();
  const summary = firstLine(properties.description);
  return (
    <div className={styles.facts}>
      {summary && (
        <p className={styles.summary}>
          <bdi>{summary}</bdi>
        </p>
      )}
      <ul className={styles.list} aria-label={t("facts")}>
        {!isOwn && (
          <li>
            {t("ofAccount")} <Name>{properties.account}</Name>
          </li>
        )}
        <li>{t(`images:category.${properties.category}`)}</li>
        <li>
          <Bytes value={properties.size} />
        </li>
        {properties.companions > 0 && (
          <li>{t("companions", { count: properties.companions, number: formatNumber(properties.companions) })}</li>
        )}
        <li>{t("pulls", { count: properties.pulls, number: formatNumber(properties.pulls) })}</li>
        <li>
          {t("updated")} <Time value={properties.updated} />
        </li>
      </ul>
    </div>
  );
}

/** That triggers of the image fail, on each of its tabs: pushes go through, and what they are for does not happen. */
function FailingTriggers() {
  const { t } = useTranslation("image");
  const { organization, image, properties } = useImage();
  const count = properties.failingTriggers ?? 0;
  if (count === 0) return null;
  return (
    <Notice
      tone="danger"
      title={t("failingTriggers", { count })}
      action={
        <LinkButton size="small" href={imagePath({ organization, image }, "triggers")}>
          {t("showTriggers")}
        </LinkButton>
      }
    />
  );
}

/** The same of tags that did not arrive where rules copy them. */
function FailedSyncs() {
  const { t } = useTranslation("image");
  const { organization, image, properties } = useImage();
  const count = properties.failedSyncs ?? 0;
  if (count === 0) return null;
  return (
    <Notice
      tone="danger"
      title={t("failedSyncs", { count })}
      action={
        <LinkButton size="small" href={imagePath({ organization, image }, "sync")}>
          {t("showSyncs")}
        </LinkButton>
      }
    />
  );
}

/** A part of an image's page, with an address of its own: `/images/<organization>/<image>/<id>`. */
interface ImageTab {
  id: string;
  /** Its label in the area `image`. */
  label: ParseKeys<"image">;
  /** What it shows; finds its image by `useImage()`. */
  page: ComponentType;
  /** Whether it is there for the user. */
  isFor: (image: CurrentImage) => boolean;
}

/** The tabs from left to right. The first one is what the page shows at first. */
const IMAGE_TABS: readonly ImageTab[] = [
  { id: "tags", label: "tabTags", page: lazyPage(() => import("./tags-tab.tsx")), isFor: () => true },
  {
    id: "description",
    label: "tabDescription",
    page: lazyPage(() => import("./description-tab.tsx")),
    isFor: () => true,
  },
  {
    id: "history",
    label: "tabHistory",
    page: lazyPage(() => import("./history-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  { id: "usage", label: "tabUsage", page: lazyPage(() => import("./usage-tab.tsx")), isFor: () => true },
  {
    id: "permissions",
    label: "tabPermissions",
    page: lazyPage(() => import("../image-settings/permissions-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "sharing",
    label: "tabSharing",
    page: lazyPage(() => import("../image-settings/sharing-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "triggers",
    label: "tabTriggers",
    page: lazyPage(() => import("../triggers/triggers-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "sync",
    label: "tabSync",
    page: lazyPage(() => import("../sync/sync-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "aging",
    label: "tabAging",
    page: lazyPage(() => import("../image-settings/aging-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
  {
    id: "immutable-tags",
    label: "tabImmutableTags",
    page: lazyPage(() => import("../image-settings/immutable-tags-tab.tsx")),
    isFor: (image) => image.isOwn,
  },
];

/** The row of tabs, and the one of them that the address names. */
function ImageTabs({ image, selected }: { image: CurrentImage; selected: string | undefined }) {
  const { t } = useTranslation("image");
  const tabs = IMAGE_TABS.filter((tab) => tab.isFor(image));
  const current = selected === undefined ? tabs[0] : tabs.find((tab) => tab.id === selected);
  const items = tabs.map(({ id, label }) => ({
    id,
    label: t(label),
    href: imagePath(image, id === tabs[0]?.id ? undefined : id),
    count: id === "tags" ? image.properties.tags : undefined,
  }));
  return (
    <>
      <Tabs items={items} selected={current?.id ?? ""} />
      {current ? (
        <Suspense fallback={<Skeleton height="16rem" />}>
          <current.page />
        </Suspense>
      ) : (
        <TabMissing isKnown={IMAGE_TABS.some((tab) => tab.id === selected)} />
      )}
    </>
  );
}

/** In place of a tab that there is not, or that is not for the user (`isKnown`). */
function TabMissing({ isKnown }: { isKnown: boolean }) {
  const { t } = useTranslation("image");
  const image = useImage();
  return (
    <Empty
      title={isKnown ? t("tabDeniedTitle") : t("tabUnknownTitle")}
      action={<LinkButton href={imagePath(image)}>{t("goToTags")}</LinkButton>}
    >
      {isKnown ? t("tabDeniedText") : t("tabUnknownText")}
    </Empty>
  );
}
