/** Addresses of the console's pages. Names may have slashes, so each name is one encoded part of a path. */
import type { ImageName } from "../kernel/reference.ts";

/** Pages of which there is only one. */
export const PATHS = {
  overview: "/",
  signIn: "/sign-in",
  password: "/password",
  images: "/images",
  upload: "/upload",
  organizations: "/organizations",
  imageCentre: "/image-centre",
  accessKeys: "/access-keys",
  logins: "/logins",
  users: "/users",
  remotes: "/remotes",
  trustedIssuers: "/trusted-issuers",
  accounts: "/accounts",
  quotas: "/quotas",
  audit: "/audit",
  garbageCollection: "/garbage-collection",
  apiReference: "/api-reference",
} as const;

/** The two kinds of a login command (guide 4.1, 4.2). */
export const LOGIN_KINDS = ["temporary", "permanent"] as const;
export type LoginKind = (typeof LOGIN_KINDS)[number];

/** The overview with the dialog that makes login commands. */
export function loginCommandPath(kind: LoginKind): string {
  return `${PATHS.overview}?login=${kind}`;
}

/** A page with one of its dialogs open. */
export function dialogPath(page: "images" | "organizations" | "users", dialog: "create" | "push"): string {
  return `${PATHS[page]}?open=${dialog}`;
}

/** A guide, or a part of it: the name of the guide, with `#` and an anchor. */
export function guidePath(topic: string): string {
  return `/help/${topic}`;
}

/** The page for signing in that leads back to an address of the console afterwards. */
export function signInPath(path: string, search = ""): string {
  const next = search === "" ? path : `${path}?${search}`;
  return next === PATHS.overview ? PATHS.signIn : `${PATHS.signIn}?next=${encodeURIComponent(next)}`;
}

/** Where to go after signing in: what `next` names, if that is a page of the console, else the overview. */
export function nextPath(search: string, origin = location.origin): string {
  const next = new URLSearchParams(search).get("next") ?? PATHS.overview;
  // Also `//host` and `/\host` would leave for another site.
  const target = next.startsWith("/") ? URL.parse(next, origin) : null;
  return target?.origin === origin ? target.pathname + target.search + target.hash : PATHS.overview;
}

/**
 * The page of an organization.
 *
 * @param tab one of its tabs; the first one without it.
 */
export function organizationPath(organization: string, tab?: string): string {
  const path = `${PATHS.organizations}/${encodeURIComponent(organization)}`;
  return tab === undefined ? path : `${path}/${tab}`;
}

/**
 * The page for uploads.
 *
 * @param organization where they go; without one it is chosen there.
 */
export function uploadPath(organization?: string): string {
  return organization === undefined
    ? PATHS.upload
    : `${PATHS.upload}?${new URLSearchParams({ organization }).toString()}`;
}

/** One of the lists of images by where one's right to them comes from. */
export function imageListPath(list: "shared-by-me" | "shared-with-me" | "public"): string {
  return `${PATHS.images}/${list}`;
}

/** "My images" with those that have a text in their names. */
export function imagesNamedPath(text: string): string {
  return `${PATHS.images}?${new URLSearchParams({ q: text }).toString()}`;
}

/** "My images" with those of one organization. */
export function imagesOfPath(organization: string): string {
  return `${PATHS.images}?${new URLSearchParams({ organization }).toString()}`;
}

/**
 * The page of an image.
 *
 * @param tab one of its tabs; the first one without it.
 */
export function imagePath({ organization, image }: ImageName, tab?: string): string {
  const path = `${PATHS.images}/${encodeURIComponent(organization)}/${encodeURIComponent(image)}`;
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

/** The page of one of its triggers. */
export function triggerPath(name: ImageName, trigger: string): string {
  return `${imagePath(name, "triggers")}/${encodeURIComponent(trigger)}`;
}

/** Where a tag, or a manifest by its digest, is downloaded as an archive: a file of the registry, no page of the console. */
export function archivePath({ organization, image }: ImageName, reference: string): string {
  const path = [organization, "images", image, "manifests", reference, "archive"]
    .map((part) => encodeURIComponent(part))
    .join("/");
  return `/api/organizations/${path}`;
}

/** Where one file of an image or artifact is downloaded: its bytes, no page of the console. */
export function filePath({ organization, image }: ImageName, digest: string): string {
  const path = [organization, "images", image, "blobs", digest].map((part) => encodeURIComponent(part)).join("/");
  return `/api/organizations/${path}`;
}

/**
 * A part of a path as wouter gives it. What somebody typed may be encoded wrongly; it is then taken as it stands, and
 * nothing has such a name.
 */
export function decodePart(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}
