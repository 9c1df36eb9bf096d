import { useTranslation } from "react-i18next";
import type { Manifest } from "../../api/image-manifests.ts";
import { Notice } from "../../ui/index.ts";

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
