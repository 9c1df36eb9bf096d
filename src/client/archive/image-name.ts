/** What archives call their images, and what an image may be called. */
import { MAX_IMAGE_LENGTH } from "../../kernel/field-limits.ts";
import { ArchiveError } from "./archive-error.ts";

/** A name that an archive has for an image. */
export interface ArchiveName {
  /** As the archive writes it, such as `docker.io/library/nginx:1`. */
  reference: string;
  /** The image's name within an organization, such as `nginx`; empty when the archive has a tag only. */
  name: string;
  tag: string;
}

/** The grammar of the registry (`kernel/reference.ts`, which needs more than a browser has); a test holds the two together. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DEFAULT_TAG = "latest";

/** Whether an image of an organization may be called so. It may be a path. */
export function isImageName(text: string): boolean {
  return text.length <= MAX_IMAGE_LENGTH && text.split("/").every((component) => COMPONENT.test(component));
}

export function isTag(text: string): boolean {
  return TAG.test(text);
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
  const [path = ""] = reference.split("@");
  const tagAt = path.indexOf(":", path.lastIndexOf("/") + 1);
  const name = tagAt < 0 ? path : path.slice(0, tagAt);
  const tag = tagAt < 0 ? DEFAULT_TAG : path.slice(tagAt + 1);
  const components = name.split("/");
  if (components.length > 1 && /[.:]|^localhost$/.test(components[0] ?? "")) components.shift();
  if (components.length > 1) components.shift();
  return { reference, name: components.join("/"), tag };
}

/** Reads the annotation of an OCI layout, which holds either a whole reference or only a tag. */
export function readRefName(annotation: string): ArchiveName {
  if (/[/:@]/.test(annotation)) return readReference(annotation);
  return { reference: annotation, name: "", tag: annotation };
}
