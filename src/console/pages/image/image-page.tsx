import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { useImageQuery } from "../../api/image.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { Page, Skeleton, Tabs } from "../../ui/index.ts";
import { ImageActions } from "./image-actions.tsx";
import { ImageContext, type CurrentImage, useCurrentImage } from "./image-context.ts";
import { ImageBadge, ImageFacts } from "./image-facts.tsx";
import { ImageFailure } from "./image-failure.tsx";
import { decodePart, imagePath } from "../../paths.ts";
import { IMAGE_TABS } from "./tabs.ts";
import { TabMissing } from "./tab-missing.tsx";
import { useImageBreadcrumbs } from "./use-image-breadcrumbs.ts";

/** `/images/:organization/:image/:tab?`: an image, one of its tabs at a time. */
export default function ImagePage() {
  const params = useParams<{ organization: string; image: string; tab?: string }>();
  const name = { organization: decodePart(params.organization), image: decodePart(params.image) };
  const query = useImageQuery(name);
  const image = useCurrentImage(dataUnlessGone(query));
  const breadcrumbs = useImageBreadcrumbs(name, image);
  return (
    <ImageContext value={image}>
      <Page
        title={name.image}
        breadcrumbs={breadcrumbs}
        titleAddition={image && <ImageBadge isPublic={image.properties.public} />}
        actions={image && <ImageActions key={image.name} />}
        description={image ? <ImageFacts /> : query.isPending && <Skeleton lines={2} />}
      >
        {image && <ImageTabs key={image.name} image={image} selected={params.tab} />}
        {query.isPending && <Skeleton height="16rem" />}
        {query.isError && !image && <ImageFailure error={query.error} onRetry={query.refetch} />}
      </Page>
    </ImageContext>
  );
}

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
