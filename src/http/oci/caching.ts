import type { Context } from "hono";
import type { Digest } from "../../kernel/digest.ts";
import { holds, readTags } from "../../kernel/precondition.ts";

/**
 * Content under a digest never changes, so the client may cache it. Only privately: the answer was given to
 * credentials, and a shared cache would hand it on without any.
 */
const IMMUTABLE = "private, max-age=31536000, immutable";
/** What a tag points to may change with the next push; the ETag makes asking again cheap. */
const REVALIDATE = "private, no-cache";

/** Sets the headers by which clients recognise content and caches keep it. */
export function setContentHeaders(c: Context, digest: Digest, isImmutable: boolean): void {
  c.header("Docker-Content-Digest", digest);
  c.header("ETag", etagOf(digest));
  c.header("Cache-Control", isImmutable ? IMMUTABLE : REVALIDATE);
}

export function etagOf(digest: Digest): string {
  return `"${digest}"`;
}

/** Whether the client has this content already (`If-None-Match`, RFC 9110 section 13.1.2). */
export function isNotModified(c: Context, digest: Digest): boolean {
  const header = c.req.header("If-None-Match");
  return header !== undefined && !holds({ match: undefined, noneMatch: readTags(header, true) }, digest);
}
