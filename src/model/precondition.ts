/**
 * What a request may ask of a manifest before it changes it (RFC 9110, sections 13.1.1 and 13.1.2): with it, a tag is moved by
 * compare-and-swap. The entity tag of a manifest is its digest.
 */
import type { Digest } from "./digest.ts";

/** Entity tags, as digests; "*": any. */
type Tags = "*" | readonly string[];

export interface Precondition {
  /** One of these must be there. */
  match: Tags | undefined;
  /** None of these may be there. */
  noneMatch: Tags | undefined;
}

/** @returns undefined when there are no such headers. */
export function parsePrecondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Precondition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  // A weak tag is never the same as another for `If-Match` (section 8.8.3.2).
  const match = ifMatch === undefined ? undefined : readTags(ifMatch, false);
  return { match, noneMatch: ifNoneMatch === undefined ? undefined : readTags(ifNoneMatch, true) };
}

function readTags(header: string, takesWeak: boolean): Tags {
  if (header.trim() === "*") return "*";
  const tags = [...header.matchAll(/(W\/)?"([^"]*)"/g)];
  return tags.filter(([, weak]) => takesWeak || weak === undefined).map(([, , tag]) => tag ?? "");
}

/** @param current the digest of what is there. */
export function holds({ match, noneMatch }: Precondition, current: Digest | undefined): boolean {
  const isAmong = (tags: Tags) => current !== undefined && (tags === "*" || tags.includes(current));
  return (match === undefined || isAmong(match)) && (noneMatch === undefined || !isAmong(noneMatch));
}
