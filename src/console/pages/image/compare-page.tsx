import { useTranslation } from "react-i18next";
import { useParams } from "wouter";
import { useImageQuery } from "../../api/image.ts";
import type { ImageName } from "../../../kernel/reference.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { Card, Empty, IconButton, IconCompare, Notice, Page, Select, Skeleton } from "../../ui/index.ts";
import styles from "./compare-page.module.css";
import { ComparedConfiguration } from "./compared-configuration.tsx";
import { ComparedLayers } from "./compared-layers.tsx";
import { ImageContext, useCurrentImage } from "./image-context.ts";
import { ImageFailure } from "./image-failure.tsx";
import { decodePart } from "./image-paths.ts";
import { ManifestFailure } from "./manifest-failure.tsx";
import { TagPicker } from "./tag-picker.tsx";
import { TruncatedNotice } from "./truncated-notice.tsx";
import { type Compared, useCompared } from "./use-compared.ts";
import { useImageBreadcrumbs } from "./use-image-breadcrumbs.ts";

/** `/images/:organization/:image/compare?from=<tag>&to=<tag>&platform=<platform>`: what is different in the second tag. */
export default function ComparePage() {
  const { t } = useTranslation("image");
  const params = useParams<{ organization: string; image: string }>();
  const name = { organization: decodePart(params.organization), image: decodePart(params.image) };
  const query = useImageQuery(name);
  const image = useCurrentImage(dataUnlessGone(query));
  const breadcrumbs = useImageBreadcrumbs(name, image, true);
  return (
    <ImageContext value={image}>
      <Page title={t("compareTitle")} breadcrumbs={breadcrumbs} description={t("compareText")}>
        {image && <Comparison name={name} />}
        {query.isPending && <Skeleton height="20rem" />}
        {query.isError && !image && <ImageFailure error={query.error} onRetry={query.refetch} />}
      </Page>
    </ImageContext>
  );
}

function Comparison({ name }: { name: ImageName }) {
  const { t } = useTranslation("image");
  const [{ from, to, platform }, change] = useListParams(["from", "to", "platform"]);
  const compared = useCompared(name, from, to, platform);
  return (
    <>
      <Card>
        <div className={styles.choices}>
          <TagPicker label={t("firstTag")} value={from ?? ""} onChange={(tag) => change({ from: tag })} />
          <div className={styles.exchange}>
            <IconButton
              label={t("exchange")}
              icon={<IconCompare />}
              variant="secondary"
              onPress={() => change({ from: to, to: from })}
            />
          </div>
          <TagPicker label={t("secondTag")} value={to ?? ""} onChange={(tag) => change({ to: tag })} />
          {compared.platforms.length > 1 && (
            <Select
              label={t("platform")}
              options={compared.platforms.map(({ key, label }) => ({ value: key, label: label || key }))}
              value={compared.platform?.key}
              onChange={(key) => change({ platform: key })}
            />
          )}
        </div>
      </Card>
      {from === undefined || to === undefined ? (
        <Empty title={t("chooseTwo")}>{t("chooseTwoText")}</Empty>
      ) : (
        <Outcome compared={compared} from={from} to={to} />
      )}
    </>
  );
}

function Outcome({ compared, from, to }: { compared: Compared; from: string; to: string }) {
  const { t } = useTranslation("image");
  const sides = [
    { ...compared.from, name: from },
    { ...compared.to, name: to },
  ];
  const failed = sides.find(({ error }) => error);
  if (failed) {
    return (
      <ManifestFailure title={t("tagUnknown", { tag: failed.name })} error={failed.error} onRetry={failed.retry} />
    );
  }
  const lacking = sides.find(({ part }) => part === null);
  if (lacking) {
    return (
      <Notice tone="warning">
        {t("platformLacking", { tag: lacking.name, platform: compared.platform?.label ?? "" })}
      </Notice>
    );
  }
  const [before, after] = [compared.from.part, compared.to.part];
  if (!before || !after) return <Skeleton height="20rem" />;
  if (compared.from.tag?.digest === compared.to.tag?.digest) {
    return <Notice tone="info">{t("sameDigest")}</Notice>;
  }
  return (
    <>
      {before.digest === after.digest && <Notice tone="info">{t("samePart")}</Notice>}
      <TruncatedNotice manifest={before} tag={from} />
      <TruncatedNotice manifest={after} tag={to} />
      <ComparedLayers from={{ tag: from, manifest: before }} to={{ tag: to, manifest: after }} />
      <ComparedConfiguration from={{ tag: from, manifest: before }} to={{ tag: to, manifest: after }} />
    </>
  );
}
