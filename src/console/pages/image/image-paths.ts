/** Addresses of an image's pages. Names of images may have slashes, so each name is one encoded part of the path. */
import type { ImageName } from "../../../kernel/reference.ts";

/**
 * The page of an image.
 *
 * @param tab one of its tabs; the first one without it.
 */
export function imagePath({ organization, image }: ImageName, tab?: string): string {
  const path = `/images/${encodeURIComponent(organization)}/${encodeURIComponent(image)}`;
  return tab === undefined ? path : `${path}/${tab}`;
}

/** The page of one of its tags, or of a manifest by its digest. */
export function tagPath(name: ImageName, reference: string): string {
  return `${imagePath(name, "tags")}/${encodeURIComponent(reference)}`;
}

/** The page that compares two of its tags. The second one can be chosen there. */
export function comparePath(name: ImageName, from: string, to?: string): string {
  const query = new URLSearchParams({ from, ...(to !== undefined && { to }) });
  return `${imagePath(name, "compare")}?${query.toString()}`;
}

/** The page of an organization. */
export function organizationPath(organization: string): string {
  return `/organizations/${encodeURIComponent(organization)}`;
}

/** Where a tag, or a manifest by its digest, is downloaded as an archive: a file of the registry, no page of the console. */
export function archivePath({ organization, image }: ImageName, reference: string): string {
  const path = [organization, "images", image, "manifests", reference, "archive"]
    .map((part) => encodeURIComponent(part))
    .join("/");
  return `/api/organizations/${path}`;
}

/**
 * A part of a path as wouter gives it. What somebody typed may be encoded wrongly; it is then taken as it stands, and no
 * image has such a name.
 */
export function decodePart(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}
