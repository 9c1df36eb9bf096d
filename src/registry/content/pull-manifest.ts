import { withDocuments } from "../../documents.ts";
import type { Lease } from "../../memory.ts";
import type { RegistryCaller, RepositoryPlace } from "../../model/rights/access.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { DOCKER_MANIFEST, isIndexMediaType } from "../../kernel/media-types.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import {
  type FoundManifest,
  lacksBlob,
  type ReadManifest,
  type StoredManifest,
  TOUCH_INTERVAL_MS,
  touchManifest,
  touchUnneeded,
} from "../../storage/content/find-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Call } from "../call.ts";
import {
  type Access,
  type Confirmable,
  hasUpstream,
  mayAccess,
  mayNotPush,
  type UpstreamAccess,
} from "../rights/access.ts";
import { describeNearManifest, findNearManifest, rememberDescription, rememberManifest } from "./edge-content.ts";
import { findManifest, nameOf, readManifest, readReplicatedManifest } from "./find-manifest.ts";
import { countPull } from "./pulls.ts";

/** A manifest as an answer says it, without its text. */
export interface AnsweredManifest extends StoredManifest {
  /** What the answer says of a manifest that may be older than where it comes from. */
  warning?: string | undefined;
}

/** A manifest that somebody may pull. */
export interface PullableManifest extends AnsweredManifest {
  /** Counts the pull, and gives the exact text, or its bytes. */
  open: () => string | Uint8Array<ArrayBuffer>;
}

/** What a pull takes, and is counted by. */
export interface FoundPull extends ReadManifest {
  /** It, and the index that was asked for when it came in its place. */
  pulledIds: number[];
  /** Whether somebody began to pull an image with it: a client that has an index asks for its parts by digest. */
  isCounted: boolean;
}

/** Which media types a client understands; undefined when it did not say. */
export type Accepted = ReadonlySet<string> | undefined;

export interface WantedManifest {
  reference: Reference;
  accepted: Accepted;
}

/**
 * Finds a manifest by tag or digest, with its exact text.
 *
 * Answers the stored bytes whatever the `Accept` header says, because their digest has to match. One exception, as in
 * Docker's own registry: a client that knows no index but Docker's single-platform manifests, and asks by tag, gets the
 * one for linux/amd64.
 *
 * A client that asks for a manifest without a tag is about to pull its blobs, or to name it in an index without pushing it
 * again: garbage collection leaves it for another grace period. One that is near comes without a query (ADR 24): then its
 * grace period begins anew when its pull is written down.
 *
 * @param memory for large documents; the caller must release what this function takes from it.
 */
export async function pullManifest(
  call: Call<RegistryCaller>,
  access: Access<"pull">,
  wanted: WantedManifest,
  memory: Lease,
): Promise<PullableManifest> {
  const { place } = access;
  const near = place && (await pullNear(call, place, wanted.reference, memory));
  if (near) return near;
  if (hasUpstream(access)) return pullFromElsewhere(call, access, wanted, memory);
  const found = await findPull(call.stores, access, wanted, memory);
  if (place) rememberManifest(place, found);
  return countingManifest(call, found);
}

function countingManifest(call: Call<RegistryCaller>, found: FoundPull): PullableManifest {
  const { digest, mediaType, size, text } = found;
  const open = () => {
    const { isCounted, pulledIds: manifestIds } = found;
    countPull(call, { repository: found.repository, isCounted, bytes: size, manifestIds });
    return text;
  };
  return { digest, mediaType, size, open };
}

/** The same from an organization that stands for a registry elsewhere. What that takes is loaded with the first such pull. */
async function pullFromElsewhere(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  { reference, accepted }: WantedManifest,
  memory: Lease,
): Promise<PullableManifest> {
  const { pullThrough } = await import("../upstreams/pull-through.ts");
  const asked = await pullThrough(call, access, reference, memory);
  const child = isDigest(reference) ? undefined : await defaultChildFor(asked, accepted);
  const pulled = child ? await pullThrough(call, access, child, memory) : asked;
  const { stored, text, warning } = pulled;
  // There is no room for it: nothing here can count its pulls.
  if (!stored) return { ...pulled, open: () => text, warning };
  // It may be collected at this moment; then it comes again the next time.
  await keep(call.stores, stored);
  if (access.place) rememberManifest(access.place, stored);
  const pulledIds = [...new Set([asked.stored?.id ?? stored.id, stored.id])];
  const isCounted = !stored.isAttached && (!isDigest(reference) || !stored.isChild);
  return { ...countingManifest(call, { ...stored, pulledIds, isCounted }), warning };
}

/** @returns undefined when it is to be asked for in the database: by tag always. */
async function pullNear(
  call: Call<RegistryCaller>,
  place: RepositoryPlace,
  reference: Reference,
  memory: Lease,
): Promise<PullableManifest | undefined> {
  if (!isDigest(reference)) return undefined;
  const near = await findNearManifest(call.stores, place, reference, memory);
  if (!near || !(await keep(call.stores, near))) return undefined;
  const { id, mediaType, bytes } = near;
  const size = bytes.byteLength;
  const open = () => {
    countPull(call, { repository: place, isCounted: "unless part", bytes: size, manifestIds: [id] });
    return bytes;
  };
  return { digest: reference, mediaType, size, open };
}

/** The same of any repository by its name. That the user may pull has been checked before; nothing is counted. */
export async function findPull(
  stores: Stores,
  searched: RepositoryName | Confirmable,
  { reference, accepted }: WantedManifest,
  memory: Lease,
): Promise<FoundPull> {
  const near =
    typeof searched !== "string" && isDigest(reference)
      ? await readReplicatedManifest(stores, searched, reference, memory)
      : undefined;
  const manifest = near ?? (await readManifest(stores.db, searched, reference, memory));
  if (!manifest || !(await keep(stores, manifest))) throw unknownManifest(nameOf(searched), reference);
  const isCounted = !manifest.isAttached && (!isDigest(reference) || !manifest.isChild);
  const pulled = { ...manifest, pulledIds: [manifest.id], isCounted };
  const digest = isDigest(reference) ? undefined : await defaultChildFor(manifest, accepted);
  const child = digest && (await readManifest(stores.db, searched, digest, memory));
  return child ? { ...child, pulledIds: [manifest.id, child.id], isCounted: true } : pulled;
}

/**
 * The same as {@link pullManifest} without the text, which is then not read. To a caller who may push, a manifest with a lost
 * blob is absent (ADR 19), and nothing is said from memory or a cache.
 */
export async function statManifest(
  call: Call<RegistryCaller>,
  access: Access<"pull">,
  wanted: WantedManifest,
): Promise<AnsweredManifest> {
  const { stores } = call;
  const { repository, place } = access;
  const { reference, accepted } = wanted;
  const isReader = isDigest(reference) && mayNotPush(call, repository);
  const near = isReader && place && (await statNear(call, place, reference));
  if (near) return near;
  if (hasUpstream(access)) return statElsewhere(call, access, wanted);
  const manifest = await findManifest(stores.db, access, reference);
  if (!manifest || !(await keep(stores, manifest))) throw unknownManifest(repository, reference);
  // A caller with the right to push may be pushing now. If the manifest seemed to exist, the client would skip it, and
  // its lost blobs with it.
  const isHidden =
    manifest.mayLackBlob && (await mayAccess(call, "push", repository)) && (await lacksBlob(stores.db, manifest));
  if (isHidden) {
    throw unknownManifest(repository, reference);
  }
  if (isReader && place) rememberDescription(place, manifest);
  if (isDigest(reference) || !needsDefaultChild(manifest, accepted)) return manifest;
  return withDocuments((memory) => findPull(stores, access, wanted, memory));
}

/** The same from an organization that stands for a registry elsewhere, which need not send the manifest for that. */
async function statElsewhere(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  wanted: WantedManifest,
): Promise<AnsweredManifest> {
  const { reference, accepted } = wanted;
  const { describeThrough } = await import("../upstreams/pull-through.ts");
  return withDocuments(async (memory) => {
    const described = await describeThrough(call, access, reference, memory);
    if (isDigest(reference) || !needsDefaultChild(described, accepted)) return described;
    return pullFromElsewhere(call, access, wanted, memory);
  });
}

/** @returns undefined when the database is to be asked. */
async function statNear(
  call: Call<RegistryCaller>,
  place: RepositoryPlace,
  digest: Digest,
): Promise<StoredManifest | undefined> {
  const { stores } = call;
  const near = await describeNearManifest(stores, place, digest);
  if (!near || !(await keep(stores, near))) return undefined;
  const { id, mediaType, size, isUnheard } = near;
  // It may have been in the cache since something needed it.
  if (isUnheard) call.after(() => touchUnneeded(stores.db, id));
  return { digest, mediaType, size };
}

/** @returns false when the manifest was collected just before. */
async function keep(
  { db }: Stores,
  { id, unreferencedSince }: Pick<FoundManifest, "id" | "unreferencedSince">,
): Promise<boolean> {
  // 0 is before the beginning.
  if (!unreferencedSince || Date.now() - unreferencedSince <= TOUCH_INTERVAL_MS) return true;
  return touchManifest(db, id);
}

/** What an old client gets in place of an index; undefined when it gets what it asked for. */
async function defaultChildFor(
  manifest: StoredManifest & { text: string },
  accepted: Accepted,
): Promise<Digest | undefined> {
  if (!needsDefaultChild(manifest, accepted)) return undefined;
  // Old clients only: what reads manifests is loaded for them alone.
  const { defaultChild } = await import("../../kernel/manifest.ts");
  return defaultChild(manifest.text);
}

function needsDefaultChild({ mediaType }: StoredManifest, accepted: Accepted): boolean {
  return (
    accepted !== undefined &&
    isIndexMediaType(mediaType) &&
    !accepted.has(mediaType) &&
    !accepted.has("*/*") &&
    accepted.has(DOCKER_MANIFEST)
  );
}

export function unknownManifest(repository: RepositoryName, reference: Reference): RegistryError {
  const detail = isDigest(reference) ? { digest: reference } : { tag: reference };
  const what = isDigest(reference) ? `manifest ${reference}` : `tag ${reference}`;
  return new RegistryError("MANIFEST_UNKNOWN", { message: `${what} is not in ${repository}`, detail });
}
