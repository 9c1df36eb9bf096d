import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams } from "wouter";
import { type Manifest, useManifest } from "../../api/image-manifests.ts";
import { type Tag, useTag } from "../../api/image-tags.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import { decodePart, imagePath, tagPath } from "../../paths.ts";
import {
  Badge,
  Button,
  Bytes,
  Card,
  Chips,
  CodeBlock,
  type DescriptionItem,
  DescriptionList,
  Digest,
  formatNumber,
  IconButton,
  IconDownload,
  IconLock,
  IconMore,
  Menu,
  Name,
  Page,
  shortDigest,
  Skeleton,
  Time,
} from "../../ui/index.ts";
import { ImageContext, ImageFailure, useImage, useImagePage } from "../current-image.tsx";
import { ManifestFailure } from "./manifest-notices.tsx";
import { clientsFor, pullCommands } from "./pull-commands.ts";
import { DownloadButton, PullDialog, type PullInstructionsProps } from "./pull-dialog.tsx";
import { TagDialogs, type TagTask, useTagEntries } from "./tag-actions.tsx";
import { DigestLink, useArtifactName } from "./tag-cells.tsx";
import styles from "./tag-page.module.css";
import { TagViews } from "./tag-views.tsx";

/** `/images/:organization/:image/tags/:tag`: what is in a tag, or in a manifest by its digest. */
export default function TagPage() {
  const { t } = useTranslation("image");
  const reference = decodePart(useParams<{ tag: string }>().tag);
  const { name, query, image, breadcrumbs } = useImagePage({ isBelow: true });
  const manifestQuery = useManifest(name, reference);
  const manifest = dataUnlessGone(manifestQuery);
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

/** What can be done with a tag, or with a manifest by its digest, on its page. */
function TagActions({ reference, artifactType }: PullInstructionsProps) {
  const { t } = useTranslation("image");
  const [isPulling, setIsPulling] = useState(false);
  return (
    <>
      <Button variant="primary" icon={<IconDownload />} onPress={() => setIsPulling(true)}>
        {t("pull")}
      </Button>
      {reference.includes(":") ? <DownloadButton reference={reference} /> : <TagMenu tag={reference} />}
      <PullDialog isOpen={isPulling} onClose={() => setIsPulling(false)} target={{ reference, artifactType }} />
    </>
  );
}

function TagMenu({ tag }: { tag: string }) {
  const { t } = useTranslation("image");
  const image = useImage();
  const [task, setTask] = useState<TagTask>();
  const [, navigate] = useLocation();
  const isImmutable = useTag(image, tag).data?.immutable ?? false;
  const entries = useTagEntries(tag, setTask, { isImmutable });
  const label = t("moreActions");
  return (
    <>
      <Menu
        label={label}
        trigger={<IconButton label={label} icon={<IconMore />} variant="secondary" />}
        items={entries}
      />
      <TagDialogs task={task} onClose={() => setTask(undefined)} onDeleted={() => navigate(imagePath(image))} />
    </>
  );
}

interface TagProps {
  /** A tag or digest. */
  reference: string;
  manifest: Manifest;
}

/** What the list of tags tells of a tag; nothing of a digest, or while it is not known. */
function useTagOf(reference: string): Tag | undefined {
  return useTag(useImage(), reference.includes(":") ? undefined : reference).data ?? undefined;
}

/** What kind of thing a tag is, and whether it can be moved. */
function TagBadges({ reference, manifest }: TagProps) {
  const { t } = useTranslation("image");
  const tag = useTagOf(reference);
  const artifact = useArtifactName(manifest.artifactType, manifest.annotations);
  return (
    <span className={styles.badges}>
      {manifest.children !== null && <Badge>{t("multiPlatform")}</Badge>}
      {artifact !== undefined && <Badge>{artifact}</Badge>}
      {tag?.immutable && (
        <Badge tone="info">
          <IconLock /> {t("immutable")}
        </Badge>
      )}
    </span>
  );
}

/** The facts of a tag, and the commands that pull it by name and by digest. */
function TagSummary({ reference, manifest }: TagProps) {
  const { t } = useTranslation("image");
  const { name } = useImage();
  const [client] = clientsFor(manifest.artifactType);
  const pull = (what: string) =>
    pullCommands(client, { ...thisRegistry(), name, reference: what, user: undefined }).pull;
  return (
    <Card>
      <div className={styles.summary}>
        <DescriptionList items={useFacts({ reference, manifest })} />
        <div className={styles.pulls}>
          {!reference.includes(":") && (
            <section>
              <h2 className={styles.heading}>{t("pullByTag")}</h2>
              <CodeBlock code={pull(reference)} copyLabel={t("copyPull")} />
            </section>
          )}
          <section>
            <h2 className={styles.heading}>{t("pullByDigest")}</h2>
            <CodeBlock code={pull(manifest.digest)} copyLabel={t("copyPullByDigest")} />
          </section>
        </div>
      </div>
    </Card>
  );
}

function useFacts({ reference, manifest }: TagProps): DescriptionItem[] {
  const { t } = useTranslation(["image", "common"]);
  const image = useImage();
  const tag = useTagOf(reference);
  const others = manifest.tags.filter((other) => other !== reference);
  const items: DescriptionItem[] = [
    { term: t("common:digest"), value: <Digest value={manifest.digest} /> },
    { term: t("mediaType"), value: <code className={styles.code}>{manifest.mediaType}</code> },
    { term: t("imageSize"), value: <Bytes value={manifest.imageSize} /> },
    {
      term: t("pushed"),
      value: (
        <>
          <Time value={tag?.pushed ?? manifest.created} />
          {tag?.pushedBy && (
            <>
              {" "}
              <Name>{t("pushedBy", { name: tag.pushedBy })}</Name>
            </>
          )}
        </>
      ),
    },
    { term: t("lastPulled"), value: <Time value={manifest.lastPulled} /> },
  ];
  if (manifest.subject !== null) items.push({ term: t("subject"), value: <DigestLink digest={manifest.subject} /> });
  if (others.length > 0) {
    const hidden = manifest.tagCount - manifest.tags.length;
    items.push({
      term: t("otherTags"),
      value: (
        <>
          <Chips
            label={t("otherTags")}
            items={others.map((other) => ({ id: other, label: other, href: tagPath(image, other) }))}
          />
          {hidden > 0 && t("andMore", { count: hidden, number: formatNumber(hidden) })}
        </>
      ),
    });
  }
  return items;
}
