/** Which of an artifact's files may be shown as what they say. */
import type { Layer, Manifest } from "../../api/image-manifests.ts";
import { describeArtifact } from "./artifact-types.ts";

/** Names of files, as ORAS writes them (image-spec, "Pre-Defined Annotation Keys"). */
const TITLE = "org.opencontainers.image.title";

/** What a file is called where it is saved. */
export function fileNameOf({
  digest,
  annotations,
  mediaType,
}: Pick<Layer, "digest" | "annotations" | "mediaType">): string {
  const title = annotations?.[TITLE]?.split(/[\\/]/).at(-1);
  if (title) return title;
  return `${digest.replace(":", "-").slice(0, "sha256-".length + 12)}${/json/i.test(mediaType) ? ".json" : ""}`;
}

/** The title that a file was pushed with. */
export function titleOf({ annotations }: Pick<Layer, "annotations">): string | undefined {
  return annotations?.[TITLE];
}

const TEXTS = /(?:[+/]json\b|spdx|cyclonedx|in-toto|sarif|dsse|vulnerability)/i;
const READ_KINDS: ReadonlySet<string> = new Set(["sbom", "attestation", "vex", "scan", "signature"]);

/**
 * The files whose content is worth a look: texts by their media types or names, and whatever an artifact holds that is known
 * to be a list of packages, a report or an attestation. Layers of images and charts are none.
 */
export function readableFiles({
  layers,
  artifactType,
  annotations,
}: Pick<Manifest, "layers" | "artifactType" | "annotations">) {
  const isKnown = artifactType !== null && READ_KINDS.has(describeArtifact(artifactType, annotations).kind);
  return (layers ?? []).filter(
    (layer) => isKnown || TEXTS.test(layer.mediaType) || /\.(?:json|sarif|spdx|cdx)$/i.test(titleOf(layer) ?? ""),
  );
}
