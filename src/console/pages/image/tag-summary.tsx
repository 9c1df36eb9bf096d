import { useTranslation } from "react-i18next";
import type { Manifest } from "../../api/image-manifests.ts";
import { type Tag, useTag } from "../../api/image-tags.ts";
import { thisRegistry } from "../../login-command/clients.ts";
import {
  Badge,
  Bytes,
  Card,
  Chips,
  CodeBlock,
  type DescriptionItem,
  DescriptionList,
  Digest,
  formatNumber,
  IconLock,
  Name,
  Time,
} from "../../ui/index.ts";
import { useArtifactName } from "./use-artifact-name.ts";
import { DigestLink } from "./digest-link.tsx";
import { useImage } from "./image-context.ts";
import { tagPath } from "../../paths.ts";
import { clientsFor, pullCommands } from "./pull-commands.ts";
import styles from "./tag-summary.module.css";

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
export function TagBadges({ reference, manifest }: TagProps) {
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
export function TagSummary({ reference, manifest }: TagProps) {
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
              <CodeBlock code={pull(reference)} copyLabel={t("copyPull")} wrap />
            </section>
          )}
          <section>
            <h2 className={styles.heading}>{t("pullByDigest")}</h2>
            <CodeBlock code={pull(manifest.digest)} copyLabel={t("copyPullByDigest")} wrap />
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
