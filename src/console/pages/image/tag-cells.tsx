import { useTranslation } from "react-i18next";
import { tagPath } from "../../paths.ts";
import { Link, shortDigest, Time } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { describeArtifact } from "./artifact-types.ts";
import styles from "./tag-cells.module.css";

/** The start of a digest, leading to the page of that manifest. It may be gone by now, which the page then says. */
export function DigestLink({ digest }: { digest: string }) {
  return (
    <span className={styles.digest} title={digest} dir="ltr">
      <Link href={tagPath(useImage(), digest)}>{shortDigest(digest)}</Link>
    </span>
  );
}

interface TimeByProps {
  time: string;
  /** Who did it, in words such as "by alice"; nothing where that is not told. */
  by: string | null;
}

/** When something was done and, below, by whom: for tables. */
export function TimeBy({ time, by }: TimeByProps) {
  return (
    <span className={styles.time}>
      <Time value={time} />
      {by !== null && (
        <span className={styles.by} title={by}>
          <bdi>{by}</bdi>
        </span>
      )}
    </span>
  );
}

/** What people call an artifact, such as "SBOM (SPDX)"; undefined for images, which have no artifact type. */
export function useArtifactName(type: string | null, annotations: Record<string, string> | null = null) {
  const { t } = useTranslation("image");
  if (type === null) return undefined;
  const { kind, format } = describeArtifact(type, annotations);
  if (kind === "other") return format;
  const name = t(`artifact_${kind}`);
  return format === "" ? name : t("artifactWithFormat", { name, format });
}
