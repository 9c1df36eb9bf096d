/**
 * What a request may ask of something before it changes it (RFC 9110, sections 13.1.1 and 13.1.2). The entity tag of a manifest
 * is its digest: with it, a tag is moved by compare-and-swap. The entity tag of what people edit is its version, the time of
 * its last change or what it says: with it, nobody overwrites a change that they have not seen.
 */
import type { Digest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import type { Reference } from "./reference.ts";

/** Entity tags, as digests; "*": any. */
type Tags = "*" | readonly string[];

export interface Precondition {
  /** One of these must be there. */
  match: Tags | undefined;
  /** None of these may be there. */
  noneMatch: Tags | undefined;
}

/**
 * @returns undefined when there are no such headers.
 * @throws RegistryError PARAMETER_INVALID for what is no list of entity tags: ignored, it would protect nothing.
 */
export function parsePrecondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Precondition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  // A weak tag is never the same as another for `If-Match` (section 8.8.3.2).
  const match = ifMatch === undefined ? undefined : requireTags("If-Match", ifMatch, false);
  return { match, noneMatch: ifNoneMatch === undefined ? undefined : requireTags("If-None-Match", ifNoneMatch, true) };
}

function requireTags(name: string, header: string, takesWeak: boolean): Tags {
  const tags = readTags(header, takesWeak);
  if (tags) return tags;
  throw new RegistryError(
    "PARAMETER_INVALID",
    `${name} must be * or a list of entity tags, such as "sha256:…" in quotes`,
  );
}

/** One tag or more between commas, of which some may stand for nothing (RFC 9110, section 5.6.1). */
const TAG_LIST = /^[\s,]*(?:W\/)?"[^"]*"(?:\s*,(?:[\s,]*(?:W\/)?"[^"]*")?)*\s*$/;

/**
 * Reads a list of entity tags.
 *
 * @param takesWeak whether a weak tag counts as the same as a strong one.
 * @returns undefined when it is none.
 */
export function readTags(header: string, takesWeak: boolean): Tags | undefined {
  if (header.trim() === "*") return "*";
  if (!TAG_LIST.test(header)) return undefined;
  const tags = [...header.matchAll(/(W\/)?"([^"]*)"/g)];
  return tags.filter(([, weak]) => takesWeak || weak === undefined).map(([, , tag]) => tag ?? "");
}

/** @param current the digest that the tag points to; undefined if there is no such tag. */
export function holds({ match, noneMatch }: Precondition, current: Digest | undefined): boolean {
  const isAmong = (tags: Tags) => current !== undefined && (tags === "*" || tags.includes(current));
  return (match === undefined || isAmong(match)) && (noneMatch === undefined || !isAmong(noneMatch));
}

/** Versions of which something that is edited must have one; "*": any. */
export type Versions = Tags;

/** The version of something that is edited: the time of its last change, or a text that says all that can be edited of it. */
export type Version = { updatedAt: Date } | string;

/** The entity tag of something that is edited. */
export function versionTag(version: Version): string {
  return `"${typeof version === "string" ? version : version.updatedAt.toISOString()}"`;
}

/**
 * @returns undefined when there is no such header.
 * @throws RegistryError PARAMETER_INVALID for what is no list of entity tags: ignored, it would protect nothing.
 */
export function parseVersions(ifMatch: string | undefined): Versions | undefined {
  return ifMatch === undefined ? undefined : requireTags("If-Match", ifMatch, false);
}

/** @param what names it: "trigger deploy". */
export function changedMeanwhile(what: string): RegistryError {
  return new RegistryError("PRECONDITION_FAILED", {
    message: `${what} was changed meanwhile: it is not, or no longer, what If-Match wants it to be`,
    detail: { reference: what },
  });
}

export function failedPrecondition(reference: Reference): RegistryError {
  return new RegistryError("PRECONDITION_FAILED", {
    message: `${reference} is not, or no longer, what If-Match or If-None-Match wants it to be`,
    detail: { reference },
  });
}
