/** What archives call their images. */
import { DEFAULT_TAG, isImageName, isRegistryHost, isTag, splitReference } from "../../kernel/reference.ts";
import { ArchiveError } from "./archive-error.ts";

/** A name that an archive has for an image. */
export interface ArchiveName {
  /** As the archive writes it, such as `docker.io/library/nginx:1`. */
  reference: string;
  /** The image's name within an organization, such as `nginx`; empty when the archive has a tag only. */
  name: string;
  tag: string;
}

/** @throws ArchiveError bad-name or bad-tag. */
export function requireName(name: string, tag: string): void {
  if (!isImageName(name)) throw new ArchiveError("bad-name", { name });
  if (!isTag(tag)) throw new ArchiveError("bad-tag", { name: tag });
}

/**
 * Reads a reference as it stands in an archive, and suggests what to call the image in an organization: without the host
 * and the organization that it comes from, for it goes to another. What is not well formed stays so, for a person to mend.
 */
export function readReference(reference: string): ArchiveName {
  const { name, tag = DEFAULT_TAG } = splitReference(reference);
  const components = name.split("/");
  if (components.length > 1 && isRegistryHost(components[0] ?? "")) components.shift();
  if (components.length > 1) components.shift();
  return { reference, name: components.join("/"), tag };
}

/** Reads the annotation of an OCI layout, which holds either a whole reference or only a tag. */
export function readRefName(annotation: string): ArchiveName {
  if (/[/:@]/.test(annotation)) return readReference(annotation);
  return { reference: annotation, name: "", tag: annotation };
}
