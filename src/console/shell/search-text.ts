/** What somebody looks for, read from what they typed or pasted. */
import { isDigest } from "../../kernel/digest.ts";

export interface SearchText {
  /** A part of a name; lower case, as all names of images and organizations are. */
  name: string;
  /** What a tag begins with: what follows a colon or a space. Upper and lower case differ. */
  tag?: string;
  /** A whole digest. */
  digest?: string;
}

/**
 * Reads `web`, `acme/web:1.2`, `web 1.2`, `acme/web@sha256:…` or `sha256:…`, also with the registry's own address in front, as
 * clients write it.
 *
 * @param host of the registry.
 */
export function readSearchText(text: string, host: string): SearchText {
  const trimmed = text.trim().replace(/^https?:\/\//, "");
  const own = trimmed.startsWith(`${host}/`) ? trimmed.slice(host.length + 1) : trimmed;
  const at = own.lastIndexOf("@") + 1;
  const last = own.slice(at);
  if (isDigest(last)) return { name: at === 0 ? "" : nameOf(own.slice(0, at - 1)), digest: last };
  const [, name = own, tag] = /^([^:\s]*)(?:\s*:\s*|\s+)(\S*)$/.exec(own) ?? [];
  return { name: nameOf(name), ...(tag !== undefined && { tag }) };
}

/** The name without a tag that may stand between it and a digest. */
function nameOf(text: string): string {
  return text.replace(/:[^/]*$/, "").toLowerCase();
}
