import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import type { Manifest } from "../../api/image-manifests.ts";
import { isMissing } from "../../api/missing.ts";
import { imagePath } from "../../paths.ts";
import { Empty, ErrorNotice, LinkButton, Notice } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";

export interface ManifestFailureProps {
  /** What is said of one that is not there. */
  title: string;
  error: unknown;
  onRetry: (() => unknown) | undefined;
}

/** A tag or manifest that is not there, or not there any more. Any other failure can be retried. */
export function ManifestFailure({ title, error, onRetry }: ManifestFailureProps) {
  const { t } = useTranslation("image");
  const image = useImage();
  // A name that can be no tag is refused as such.
  const isNothing = isMissing(error) || (error instanceof ApiError && error.status === 400);
  if (!isNothing) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty
      title={title}
      action={
        <LinkButton href={imagePath(image, image.isOwn ? "history" : undefined)}>
          {t(image.isOwn ? "goToHistory" : "goToTags")}
        </LinkButton>
      }
    >
      {t("tagMissingText")}
    </Empty>
  );
}

/** What each field is called on the page. */
const NAMES = {
  annotations: "annotations",
  layers: "view_layers",
  children: "view_platforms",
  author: "author",
  os: "platform",
  osVersion: "platform",
  architecture: "platform",
  variant: "platform",
  user: "user",
  workingDir: "workingDir",
  env: "environment",
  entrypoint: "entrypoint",
  cmd: "cmd",
  exposedPorts: "ports",
  volumes: "volumes",
  labels: "labels",
  stopSignal: "stopSignal",
  healthcheck: "healthcheck",
  shell: "shell",
  onBuild: "onBuild",
  other: "otherFields",
  history: "view_history",
} as const satisfies Record<Manifest["truncated"][number], string>;

/** Says what of a manifest is not shown whole; nothing when all is. */
export function TruncatedNotice({ manifest, tag }: { manifest: Manifest; tag?: string }) {
  const { t } = useTranslation("image");
  if (manifest.truncated.length === 0) return null;
  const fields = [...new Set(manifest.truncated.map((field) => t(NAMES[field])))].join(t("listSeparator"));
  return (
    <Notice tone="warning" {...(tag !== undefined && { title: tag })}>
      {t("truncated", { fields })}
    </Notice>
  );
}
