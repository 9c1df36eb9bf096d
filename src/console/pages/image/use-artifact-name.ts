import { useTranslation } from "react-i18next";
import { describeArtifact } from "./artifact-types.ts";

/** What people call an artifact, such as "SBOM (SPDX)"; undefined for images, which have no artifact type. */
export function useArtifactName(type: string | null, annotations: Record<string, string> | null = null) {
  const { t } = useTranslation("image");
  if (type === null) return undefined;
  const { kind, format } = describeArtifact(type, annotations);
  if (kind === "other") return format;
  const name = t(`artifact_${kind}`);
  return format === "" ? name : t("artifactWithFormat", { name, format });
}
