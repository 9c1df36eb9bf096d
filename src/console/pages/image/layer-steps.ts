/** How an image was made, step by step: what its history and its layers tell together. */
import type { Layer, Manifest } from "../../api/image-manifests.ts";

/** A step of a build. */
export interface LayerStep {
  /** The command; undefined where nobody tells. */
  command: string | undefined;
  /** What it made; undefined for a step that only changed the configuration. */
  layer: Layer | undefined;
}

/**
 * The steps that made an image, first things first. Where the registry cannot tell which step made which layer, because
 * some tool left them so, the layers stand alone.
 */
export function layerSteps({ layers, history }: Pick<Manifest, "layers" | "history">): LayerStep[] {
  const made = layers ?? [];
  const byDigest = new Map(made.map((layer) => [layer.digest, layer]));
  if (!history || history.some((step) => !step.isEmptyLayer && step.layer === null)) {
    return made.map((layer) => ({ command: formatCommand(layer.createdBy), layer }));
  }
  return history.map((step) => ({
    command: formatCommand(step.createdBy),
    layer: step.layer === null ? undefined : byDigest.get(step.layer),
  }));
}

/** A command as its Dockerfile has it: builders wrap it into a shell and add notes of their own. */
export function formatCommand(createdBy: string | null): string | undefined {
  if (createdBy === null) return undefined;
  const command = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, "")
    .replace(/^(?:RUN )?(?:\|\d+ (?:\S+=\S* )*)?\/bin\/sh -c /, "RUN ")
    .replace(/\s*# buildkit\s*$/, "")
    .trim();
  return command === "" ? undefined : command;
}
