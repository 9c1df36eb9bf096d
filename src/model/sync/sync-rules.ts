/** Rules of synchronization: which tags of which images go to which place in which remote registry. */
import { shorten } from "../../kernel/digest.ts";
import { MAX_REMOTE_ORGANIZATION_LENGTH, MAX_SYNC_GLOB_LENGTH } from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { isNamePath } from "../../kernel/reference.ts";
import { compileGlob } from "../glob.ts";

/** The glob that every tag and every image matches. */
export const EVERYTHING = "**";

/** Where a rule, or a job, puts images. */
export interface SyncTarget {
  /** The name of a remote registry of the account. */
  remote: string;
  /** What comes before the image's name there: an organization, or a path; empty for none. */
  remoteOrganization: string;
}

/** What is done besides copying the tag. */
export interface SyncOptions {
  /** Whether a tag that is there with another digest is moved. */
  overrides: boolean;
  /** Whether signatures, attestations, SBOMs and whatever else refers to the image come along. */
  hasReferrers: boolean;
}

export interface SyncRuleSettings extends SyncOptions {
  /** Globs: which images of the organization, and which of their tags. */
  images: string;
  tags: string;
  /** Whether pushes set it off; otherwise only somebody who asks for it. */
  isAutomatic: boolean;
  /** Whether a tag that is deleted here is deleted there. */
  followsDeletion: boolean;
}

/**
 * Reads a glob of a rule.
 *
 * @param field which one, as a request names it.
 * @throws RegistryError SYNC_RULE_INVALID, with the position.
 */
export function parseSyncGlob(field: "images" | "tags", text: string): string {
  const refuse = (why: Reason, position?: number) => {
    const what = position === undefined ? why : reason("PATTERN_WRONG_AT", { why, position });
    const detail = { field, ...(position !== undefined && { position }) };
    return refusal("SYNC_RULE_INVALID", reason("FIELD_WRONG", { field, why: what }), { field, detail });
  };
  if (text === "" || text.length > MAX_SYNC_GLOB_LENGTH) {
    throw refuse(reason("GLOB_LENGTH", { max: MAX_SYNC_GLOB_LENGTH }));
  }
  const odd = text.search(/[\p{Cc}[\]()|+^$]/u);
  // It would be accepted and never match.
  if (odd >= 0) throw refuse(reason("CHARACTER_OF_NO_NAME"), odd);
  compileGlob(text, refuse);
  return text;
}

/** Makes a glob that {@link parseSyncGlob} has accepted ready for any number of names. */
export function readSyncGlob(glob: string): (name: string) => boolean {
  if (glob === EVERYTHING) return () => true;
  const expression = compileGlob(glob, (why) => refusal("SYNC_RULE_INVALID", why));
  return (name) => expression.testExact(name);
}

/**
 * Reads where images go in a remote registry.
 *
 * @throws RegistryError SYNC_RULE_INVALID.
 */
export function parseRemoteOrganization(text: string): string {
  if (text === "" || (text.length <= MAX_REMOTE_ORGANIZATION_LENGTH && isNamePath(text))) return text;
  const why = reason("REMOTE_ORGANIZATION_FORM", { name: shorten(text), max: MAX_REMOTE_ORGANIZATION_LENGTH });
  throw refusal("SYNC_RULE_INVALID", why, { field: "remoteOrganization", detail: { field: "remoteOrganization" } });
}

/**
 * The repository of a remote registry that an image goes to.
 *
 * @param image without its organization.
 */
export function remoteRepositoryOf(remoteOrganization: string, image: string): string {
  return remoteOrganization === "" ? image : `${remoteOrganization}/${image}`;
}
