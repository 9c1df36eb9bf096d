import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { useImageQuery } from "../../api/image.ts";
import { useManifest } from "../../api/image-manifests.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { Page, shortDigest, Skeleton } from "../../ui/index.ts";
import { ImageContext, useCurrentImage } from "./image-context.ts";
import { ImageFailure } from "./image-failure.tsx";
import { decodePart } from "../../paths.ts";
import { ManifestFailure } from "./manifest-failure.tsx";
import { TagActions } from "./tag-actions.tsx";
import { TagBadges, TagSummary } from "./tag-summary.tsx";
import { TagViews } from "./tag-views.tsx";
import { useImageBreadcrumbs } from "./use-image-breadcrumbs.ts";

/** `/images/:organization/:image/tags/:tag`: what is in a tag, or in a manifest by its digest. */
export default function TagPage() {
  const { t } = useTranslation("image");
  const params = useParams<{ organization: string; image: string; tag: string }>();
  const name = { organization: decodePart(params.organization), image: decodePart(params.image) };
  const reference = decodePart(params.tag);
  const query = useImageQuery(name);
  const image = useCurrentImage(dataUnlessGone(query));
  const manifestQuery = useManifest(name, reference);
  const manifest = dataUnlessGone(manifestQuery);
  const breadcrumbs = useImageBreadcrumbs(name, image, true);
  const isDigest = reference.includes(":");
  const isPending = query.isPending || manifestQuery.isPending;
  return (
    <ImageContext value={image}>
      <Page
        title={isDigest ? `${name.image}@${shortDigest(reference)}` : `${name.image}:${reference}`}
        breadcrumbs={breadcrumbs}
        titleAddition={image && manifest && <TagBadges reference={reference} manifest={manifest} />}
        actions={
          image && manifest && <TagActions key={reference} reference={reference} artifactType={manifest.artifactType} />
        }
      >
        {image && manifest && (
          <>
            <TagSummary reference={reference} manifest={manifest} />
            <TagViews key={reference} reference={reference} manifest={manifest} />
          </>
        )}
        {isPending && !query.isError && (
          <>
            <Skeleton height="14rem" />
            <Skeleton height="16rem" />
          </>
        )}
        {query.isError && !image && <ImageFailure error={query.error} onRetry={query.refetch} />}
        {image && manifestQuery.isError && !manifest && (
          <ManifestFailure
            title={isDigest ? t("manifestMissing") : t("tagMissing")}
            error={manifestQuery.error}
            onRetry={manifestQuery.refetch}
          />
        )}
      </Page>
    </ImageContext>
  );
}
