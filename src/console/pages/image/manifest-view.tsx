import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Manifest, useManifestText } from "../../api/image-manifests.ts";
import { Bytes, Card, CodeBlock, Digest, ErrorNotice, Select, Skeleton } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { formatJson } from "./manifest-text.ts";
import styles from "./manifest-view.module.css";
import type { PlatformChoice } from "./platforms.ts";
import type { IndexPart } from "./referrers-view.tsx";

export interface ManifestViewProps {
  manifest: Manifest;
  /** The part of an index that is looked at elsewhere. */
  part: IndexPart | undefined;
  /** All its parts. */
  choices: readonly PlatformChoice[];
  onChoose: (platform: string) => void;
}

/** Stands for the index itself among its parts, none of which has such a key. */
const INDEX = "index";

/** The manifest of a tag as it was pushed; of an index, itself or that of one of its parts. */
export function ManifestView({ manifest, part, choices, onChoose }: ManifestViewProps) {
  const { t } = useTranslation("image");
  const [isPart, setIsPart] = useState(false);

  function choose(key: string) {
    setIsPart(key !== INDEX);
    if (key !== INDEX) onChoose(key);
  }

  return (
    <div className={styles.view}>
      {part && (
        <div className={styles.choice}>
          <Select
            label={t("whichManifest")}
            options={[
              { value: INDEX, label: t("index") },
              ...choices.map(({ key, label }) => ({ value: key, label: label || key })),
            ]}
            value={isPart ? part.choice.key : INDEX}
            onChange={choose}
          />
        </div>
      )}
      <ManifestText manifest={part && isPart ? part.manifest : manifest} />
    </div>
  );
}

/** Laid out to be read. What is copied are the exact bytes, since their digest is what counts. */
function ManifestText({ manifest: { digest, mediaType, size } }: { manifest: Manifest }) {
  const { t } = useTranslation("image");
  const text = useManifestText(useImage(), digest);
  return (
    <Card
      title={t("view_manifest")}
      description={
        <span className={styles.facts}>
          <code>{mediaType}</code>
          <Bytes value={size} />
          <Digest value={digest} />
        </span>
      }
    >
      {text.isPending && <Skeleton height="20rem" />}
      {text.isError && <ErrorNotice error={text.error} onRetry={text.refetch} />}
      {text.data !== undefined && (
        <CodeBlock code={formatJson(text.data)} copyValue={text.data} copyLabel={t("copyManifest")} maxHeight="36rem" />
      )}
    </Card>
  );
}
