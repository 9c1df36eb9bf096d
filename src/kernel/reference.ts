/** Names of organizations, repositories and tags: grammar and limits of the guide (7.3.2) and of OCI distribution-spec. */
import { type Digest, parseDigest, shorten } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { MAX_IMAGE_LENGTH, MAX_ORGANIZATION_LENGTH, MAX_TAG_LENGTH } from "./field-limits.ts";

declare const brand: unique symbol;
export type OrganizationName = string & { readonly [brand]: "OrganizationName" };
/** `organization/image`, where the image may itself contain slashes. */
export type RepositoryName = string & { readonly [brand]: "RepositoryName" };
export type Tag = string & { readonly [brand]: "Tag" };
export type Reference = Tag | Digest;

/** An image as paths of the API name it. */
export interface ImageName {
  organization: string;
  /** Without its organization; it may contain slashes. */
  image: string;
}

/** `/v2/manage/…` is SWR's management API, so no repository may start there (ADR 0002). */
const RESERVED_ORGANIZATIONS: ReadonlySet<string> = new Set(["manage"]);

/**
 * The guide prints the grammar garbled; its prose and OCI's agree on this: letters and digits, with single dots, one or
 * two underscores or any number of hyphens between them.
 */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]*$/;
/** The tag of an image that is named without one. */
export const DEFAULT_TAG = "latest";

/** Whether a text is a repository's name as OCI distribution-spec has it: a path of components, of any registry. */
export function isNamePath(text: string): boolean {
  return text.split("/").every((component) => COMPONENT.test(component));
}

/** Whether an image of an organization may be called so. It may be a path. */
export function isImageName(text: string): boolean {
  return text.length <= MAX_IMAGE_LENGTH && isNamePath(text);
}

export function isTag(text: string): text is Tag {
  return text.length <= MAX_TAG_LENGTH && TAG.test(text);
}

/**
 * Reads the name of an organization (guide 7.3.2): 1-64 characters that start with a letter.
 *
 * @throws RegistryError ORGANIZATION_INVALID, saying which rule the name breaks.
 */
export function parseOrganizationName(text: string): OrganizationName {
  const refuse = (why: string) => invalidOrganization(text, why);
  if (text.length > MAX_ORGANIZATION_LENGTH) throw refuse(`has more than ${MAX_ORGANIZATION_LENGTH} characters`);
  if (!COMPONENT.test(text)) throw refuse(COMPONENT_RULE);
  if (!/^[a-z]/.test(text)) throw refuse("must start with a lower-case letter");
  if (RESERVED_ORGANIZATIONS.has(text)) throw reservedOrganization(text);
  return text as OrganizationName;
}

/**
 * Reads the name of a repository, `organization/image` (guide 7.3.2): the image has 1-128 characters and may be a path.
 *
 * @param defaultOrganization is where an image is whose name has no slash.
 * @throws RegistryError ORGANIZATION_INVALID or NAME_INVALID, saying which part breaks which rule.
 */
export function parseRepositoryName(text: string, defaultOrganization?: OrganizationName): RepositoryName {
  if (defaultOrganization !== undefined) return parseRepositoryName(withOrganization(text, defaultOrganization));
  const slash = text.indexOf("/");
  if (slash < 0) {
    throw invalidName(`repository "${shorten(text)}" names no organization: expected organization/image`, text);
  }
  parseOrganizationName(text.slice(0, slash));
  const image = text.slice(slash + 1);
  const refuse = (why: string) => invalidName(`image "${shorten(image)}" ${why}`, text);
  if (image.length > MAX_IMAGE_LENGTH) throw refuse(`has more than ${MAX_IMAGE_LENGTH} characters`);
  if (!isNamePath(image)) throw refuse(COMPONENT_RULE);
  return text as RepositoryName;
}

/** The full name of an image whose name may lack the organization (DEFAULT_ORGANIZATION). */
export function withOrganization(text: string, defaultOrganization: OrganizationName | undefined): string {
  return defaultOrganization === undefined || text.includes("/") ? text : `${defaultOrganization}/${text}`;
}

/** What is said of an organization whose name Berth's own paths need. */
export function reservedOrganization(name: string): RegistryError {
  return invalidOrganization(name, "is reserved");
}

function invalidOrganization(name: string, why: string): RegistryError {
  return new RegistryError("ORGANIZATION_INVALID", {
    message: `organization "${shorten(name)}" ${why}`,
    detail: { name: shorten(name) },
  });
}

const COMPONENT_RULE =
  "must consist of lower-case letters and digits, with single dots, one or two underscores, or hyphens only between them";

function invalidName(message: string, name: string): RegistryError {
  return new RegistryError("NAME_INVALID", { message, detail: { name: shorten(name) } });
}

export function organizationOf(repository: RepositoryName): OrganizationName {
  return repository.slice(0, repository.indexOf("/")) as OrganizationName;
}

/** The name of a repository within its organization. */
export function imageOf(repository: RepositoryName): string {
  return repository.slice(repository.indexOf("/") + 1);
}

/** Reads a tag (OCI distribution-spec, "Pulling manifests"). */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text;
  throw new RegistryError("TAG_INVALID", {
    message: `"${shorten(text)}" is not a tag: expected 1 to ${MAX_TAG_LENGTH} letters, digits, "_", "." or "-", the first no "." or "-"`,
    detail: { tag: shorten(text) },
  });
}

/** Reads the last part of a manifest URL: a digest if it has a colon, which no tag may have. */
export function parseReference(text: string): Reference {
  return text.includes(":") ? parseDigest(text) : parseTag(text);
}

/** Parts of a reference, of which none need be well formed. */
export interface ReferenceParts {
  /** With the registry's host, if the reference has one. */
  name: string;
  tag: string | undefined;
  digest: string | undefined;
}

/** Takes `name[:tag][@digest]` apart. A colon before the last slash belongs to the port of a host. */
export function splitReference(text: string): ReferenceParts {
  const digestAt = text.indexOf("@");
  const tagged = digestAt < 0 ? text : text.slice(0, digestAt);
  const digest = digestAt < 0 ? undefined : text.slice(digestAt + 1);
  const tagAt = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  if (tagAt < 0) return { name: tagged, tag: undefined, digest };
  return { name: tagged.slice(0, tagAt), tag: tagged.slice(tagAt + 1), digest };
}

/** Whether the first part of a name is the host of a registry, as docker tells it from an organization. */
export function isRegistryHost(component: string): boolean {
  return /[.:]/.test(component) || component === "localhost";
}
