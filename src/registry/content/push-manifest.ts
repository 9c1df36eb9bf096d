import { type Digest, algorithmOf, isDigest } from "../../kernel/digest.ts";
import { digestOf } from "../../model/hash.ts";
import type { RegistryCaller } from "../../model/rights/access.ts";
import { type Problem, RegistryError } from "../../kernel/errors.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import { MAX_DELIVERIES_PER_PUSH, MAX_SYNC_JOBS_PER_PUSH } from "../../kernel/limits.ts";
import { failedPrecondition, type Precondition } from "../../kernel/precondition.ts";
import type { Reference, Tag } from "../../kernel/reference.ts";
import { findMissing } from "../../storage/content/missing-parts.ts";
import {
  type ManifestPush as StoredPush,
  type ManifestSaving,
  saveManifest,
} from "../../storage/content/save-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, type Call } from "../call.ts";
import { counts } from "../metrics/counting.ts";
import type { Access } from "../rights/access.ts";
import { settleAfter } from "./companions.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";
import { refusedCreation, writeTo } from "../images/repositories.ts";
import { findWriteTarget } from "../rights/write-target.ts";

/** The referrers API repeats annotations, and a D1 row ends at 2 MB. */
const MAX_REFERRER_ANNOTATION_BYTES = 1024 * 1024;
/** A manifest may lack ten thousand parts; a client that lacks so many will push all of them anyway. */
const MAX_NAMED_PARTS = 100;
/** Stands for no repository in queries. */
const NO_ID = -1;

export interface ManifestPush {
  /** A tag to move to the manifest, or the digest that it must have. */
  reference: Reference;
  /** More tags to move to it, when the reference is a digest. */
  tags: Tag[];
  contentType: string | undefined;
  bytes: Uint8Array;
  /** A condition on the manifest that `reference` points to at present. */
  precondition?: Precondition | undefined;
}

export interface PushedManifest {
  digest: Digest;
  subject: Digest | undefined;
  tags: Tag[];
}

/**
 * Accepts a manifest once everything it names is in the repository, and moves the tags to it (OCI distribution-spec,
 * "Pushing Manifests"). The subject may be absent; so may non-distributable layers.
 */
export async function pushManifest(
  call: Call<RegistryCaller>,
  access: Access<"push">,
  push: ManifestPush,
): Promise<PushedManifest> {
  const { stores, registry } = call;
  const { repository } = access;
  const actor = actorOf(call);
  const { reference, bytes, precondition } = push;
  const text = decodeManifest(bytes);
  const { parseManifest } = await import("../../kernel/manifest.ts");
  const manifest = parseManifest(text, push.contentType);
  requireShortAnnotations(manifest);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : "sha256");
  if (isDigest(reference) && reference !== digest) {
    throw new RegistryError("DIGEST_INVALID", {
      message: `the manifest does not have the digest ${reference} but ${digest}`,
      detail: { digest: reference },
    });
  }
  const tags = isDigest(reference) ? push.tags : [reference];
  const size = bytes.byteLength;
  const condition = precondition && { precondition, reference };
  const saved = { repository, digest, text, size, manifest, tags, actor, registry, condition };
  const stored = await writeTo(call, access, (creation) => saveManifest(stores.db, saved, creation), {
    isImage: true,
  });
  if (stored.outcome !== "saved") throw await refusalOf(call, saved, stored);
  counts.add("berth_pushes_total", []);
  counts.add("berth_pushed_bytes_total", [], size);
  await settleAfter(call, { id: stored.repositoryId, name: repository }, stored.unsettled);
  const { outbox, syncs } = stored;
  const { imageConfig } = manifest;
  if (outbox.length > 0) {
    call.after(async () => (await import("../triggers/deliveries.ts")).dispatch(stores, outbox));
  }
  if (syncs.length > 0) {
    call.after(async () => (await import("../sync/sync-queue.ts")).dispatchSyncs(stores, repository, syncs));
  }
  if (imageConfig) {
    call.after(async () =>
      (await import("../images/platforms.ts")).recordPlatform(stores, repository, digest, imageConfig),
    );
  }
  return { digest, subject: manifest.subject, tags };
}

/** Why a manifest was not stored; first of all, that the caller may not push. */
async function refusalOf(
  call: Call,
  { repository, digest, manifest, tags, condition }: StoredPush,
  refusal: Exclude<ManifestSaving, { outcome: "saved" | "repository-unknown" }>,
): Promise<RegistryError> {
  const { repositoryId } = await findWriteTarget(call, "push", repository);
  switch (refusal.outcome) {
    case "part-missing":
      return missingParts(call.stores, repositoryId, manifest);
    case "precondition-failed":
      return failedPrecondition(condition?.reference ?? digest);
    case "tags-immutable":
      return immutableTags(refusal.tags);
    case "media-type-differs": {
      const type = refusal.stored ?? "another type";
      const message = `${digest} is stored as ${type} already: push it with that Content-Type`;
      return new RegistryError("MANIFEST_INVALID", message);
    }
    case "too-many-deliveries": {
      const message =
        `${tags.length} tags at once would set off more than ${MAX_DELIVERIES_PER_PUSH} deliveries of this image's ` +
        `triggers, or more than ${MAX_SYNC_JOBS_PER_PUSH} jobs of synchronization: push fewer of them at once`;
      return new RegistryError("TOO_MANY_TAGS", message);
    }
    case "account-gone":
    case "quota-exceeded":
      return refusedCreation(refusal);
    default:
      return refusal satisfies never;
  }
}

/** Text that would not come back as the same bytes cannot be JSON, which is UTF-8 without a byte order mark (RFC 8259). */
export function decodeManifest(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new RegistryError("MANIFEST_INVALID", "the manifest is not UTF-8 text", { cause });
  }
}

/** @throws RegistryError MANIFEST_TOO_LARGE when the referrers API could not repeat the annotations. */
export function requireShortAnnotations({ subject, annotations }: Manifest): void {
  if (!subject || !annotations) return;
  if (new TextEncoder().encode(JSON.stringify(annotations)).byteLength > MAX_REFERRER_ANNOTATION_BYTES) {
    throw new RegistryError(
      "MANIFEST_TOO_LARGE",
      `the annotations of a manifest with a subject may have at most ${MAX_REFERRER_ANNOTATION_BYTES} bytes`,
    );
  }
}

/** @param repositoryId undefined where there is no such repository, which then has no part of it. */
async function missingParts(
  stores: Stores,
  repositoryId: number | undefined,
  manifest: Manifest,
): Promise<RegistryError> {
  const { blobs, children } = await findMissing(stores.db, repositoryId ?? NO_ID, manifest, MAX_NAMED_PARTS);
  const named: Problem<"MANIFEST_BLOB_UNKNOWN">[] = [
    ...blobs.digests.map((digest) => ({
      message: `blob ${digest} is not in the repository: push it first`,
      detail: { digest },
    })),
    ...children.digests.map((digest) => ({
      message: `manifest ${digest} is not in the repository: push it first`,
      detail: { digest },
    })),
  ].slice(0, MAX_NAMED_PARTS);
  const total = blobs.total + children.total;
  const rest = total - named.length;
  const more = { message: `and ${rest} more are missing, ${total} in all`, detail: { missing: total } };
  const problems = rest > 0 ? [...named, more] : named;
  const came = { message: "a part of the manifest was missing and has come since: push the manifest again" };
  return new RegistryError("MANIFEST_BLOB_UNKNOWN", problems.length > 0 ? problems : came);
}
