/**
 * What requests and the Durable Objects that ask registries elsewhere say to each other: data, since they run in different isolates.
 * One object asks for all manifests of an image, and one for each of its blobs, so that many clients at once cause one request.
 */
import type { ByteRange } from "../../kernel/byte-range.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";

/** What is asked about, and by whom. */
export interface UpstreamAsk {
  organizationId: number;
  repository: RepositoryName;
  /** The registry's own address: it is never called. */
  registry: string;
}

/** Who pulls; null: nobody in particular. */
export interface AskingUser {
  id: number;
  name: string;
  accountId: number;
  address: string | undefined;
}

export interface ManifestAsk extends UpstreamAsk {
  reference: Reference;
  /** What the tag leads to here. */
  known: Digest | undefined;
  /** Whether somebody wants the manifest, and not only to know what it is. */
  isPull: boolean;
  user: AskingUser | null;
}

export type ManifestAnswer =
  /** The tag still leads to what it leads to here. */
  | { outcome: "current" }
  /** The manifest is here now. */
  | { outcome: "kept"; digest: Digest }
  /** What the manifest is, which is not here. */
  | { outcome: "described"; digest: Digest; mediaType: string; size: number }
  /** The manifest, which is not kept: there is no room for it. */
  | { outcome: "passed-on"; digest: Digest; mediaType: string; size: number; text: string }
  | UpstreamRefusal;

export interface UpstreamRefusal {
  outcome: "refused";
  refusal: Refusal;
  /** Whether the registry has said that there is no such thing; all else may be otherwise the next time. */
  isGone: boolean;
}

export interface ReferrersAsk extends UpstreamAsk {
  subject: Digest;
}

/** A manifest that refers to another, as the referrers API describes it. */
export interface ReferrerDescription {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export type ReferrersAnswer = { outcome: "listed"; descriptors: ReferrerDescription[] } | UpstreamRefusal;

export interface BlobAsk extends UpstreamAsk {
  digest: Digest;
  /** Bytes, as a manifest says; undefined when none of those that are here names it. */
  size: number | undefined;
}

export type BlobAnswer = { outcome: "described"; size: number } | UpstreamRefusal;

/** What a request for a blob's bytes carries, in the one header {@link ASK_HEADER}. */
export interface BlobBytesAsk extends BlobAsk {
  /** Undefined: all of it. */
  range: ByteRange | undefined;
}

/** JSON of {@link BlobBytesAsk}, as a URI component since headers are ASCII. */
export const ASK_HEADER = "Berth-Ask";
/** The status of an answer without bytes, whose body is an {@link UpstreamRefusal}. */
export const REFUSED_STATUS = 409;

/** The object that asks for the manifests of an image. */
export function manifestOwner({ organizationId, repository }: UpstreamAsk): string {
  return `${organizationId}/${repository}`;
}

/** The object that asks for a blob of an image: what one image may be asked for says nothing about another. */
export function blobOwner({ organizationId, repository, digest }: BlobAsk): string {
  return `${organizationId}/${repository}@${digest}`;
}
