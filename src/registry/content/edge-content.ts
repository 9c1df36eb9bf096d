/**
 * What is named by a digest never changes, so it need not be asked of D1 and R2 each time: small bodies are in the memory of
 * the isolate, all others in Cloudflare's cache in front of an entrypoint of the Worker's own (`content-source.ts`). Both know it
 * by the repository's id and its generation, which every removal raises, so that nobody finds what was removed once the tokens
 * have ended that were made before. ADR 24 says who sees what when.
 */
import { requireDocumentMemory, SMALL_DOCUMENT_BYTES } from "../../documents.ts";
import { counted } from "../../kernel/counted.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { Lease } from "../../memory.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import type { RepositoryPlace } from "../../model/rights/access.ts";
import type { FoundBlob } from "../../storage/content/blobs.ts";
import type { ReadManifest } from "../../storage/content/find-manifest.ts";
import { forgetRemovals, listRemovals, type Removal } from "../../storage/content/removals.ts";
import type { Stores } from "../../storage/stores.ts";
import { TOKEN_LIFETIME_S } from "../logins/tokens.ts";
import { forgetNoted } from "./noted-blobs.ts";
import { EDGE_HEADERS, edgePath, edgeTag, isKept } from "./edge-contract.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long a token is good for, and with it the generation that it names. */
const TOKEN_MS = TOKEN_LIFETIME_S * 1000;
/** Tags that one purge may name, and removals that are looked at in one go. */
const MAX_PURGED_TAGS = 100;
const MAX_REMOVALS = 1000;

/** A manifest that needs no query. */
export interface NearManifest {
  id: number;
  mediaType: string;
  /** As of a manifest in the database: null for all that is kept. */
  unreferencedSince: number | null;
  /** Exactly as it was pushed. */
  bytes: Bytes;
}

/** A blob that needs no query. */
export interface NearBlob {
  /** Bytes. */
  size: number;
  /** A small one is in memory. Any other is a stream, and whole. */
  body: Bytes | ReadableStream;
}

/** Bodies of up to {@link SMALL_DOCUMENT_BYTES} by their path: of manifests with what describes these. */
const bodies = new BoundedMemory<{ bytes: Bytes; manifest?: { id: number; mediaType: string } }>(2 * 1024 * 1024);
/** The generations that began with removals which this isolate knows of. */
const generations = new BoundedMemory<number>(256 * 1024);
/** So many bytes of them make room for others by being forgotten all: nothing near is believed until the tokens of then have ended. */
const MANY_GENERATIONS_BYTES = 250_000;
let believesNothingUntil = 0;
/** Whether there is no cache in front of the entrypoint: then asking it would be a detour. Unknown before its first answer. */
let isCacheAbsent = false;

/**
 * Finds a manifest of a repository without asking the database.
 *
 * @param memory of documents: what it takes for a large one is the caller's to give back.
 * @returns undefined when it is not near, which does not mean that it is not there.
 * @throws RegistryError OVERLOADED when there is no memory for it.
 */
export async function findNearManifest(
  stores: Stores,
  place: RepositoryPlace,
  digest: Digest,
  memory: Lease,
): Promise<NearManifest | undefined> {
  if (!isCurrent(place)) return undefined;
  const path = edgePath(place, "manifests", digest);
  const known = bodies.get(path);
  if (known?.manifest) return { ...known.manifest, unreferencedSince: null, bytes: known.bytes };
  const answer = await ask(stores, path);
  const size = Number(answer?.headers.get(EDGE_HEADERS.size));
  const id = Number(answer?.headers.get(EDGE_HEADERS.manifestId));
  const mediaType = answer?.headers.get(EDGE_HEADERS.mediaType);
  if (!answer || !mediaType || !(id > 0)) return undefined;
  await requireDocumentMemory(memory, size);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (isKept(answer)) remember(path, bytes, { id, mediaType });
  const since = answer.headers.get(EDGE_HEADERS.unreferencedSince);
  return { id, mediaType, unreferencedSince: since === null ? null : Number(since), bytes };
}

/**
 * Finds a blob of a repository without asking the database or R2.
 *
 * @param isWhole whether all of it is wanted. For a part the cache would fetch the whole of what it does not have, so only
 * memory is asked.
 * @returns undefined when it is not near, which does not mean that it is not there.
 */
export async function findNearBlob(
  stores: Stores,
  place: RepositoryPlace,
  digest: Digest,
  isWhole: boolean,
): Promise<NearBlob | undefined> {
  if (!isCurrent(place)) return undefined;
  const path = edgePath(place, "blobs", digest);
  const known = bodies.get(path);
  if (known) return { size: known.bytes.byteLength, body: known.bytes };
  const answer = isWhole ? await ask(stores, path) : undefined;
  if (!answer?.body) return undefined;
  const size = Number(answer.headers.get(EDGE_HEADERS.size));
  if (size > SMALL_DOCUMENT_BYTES) return { size, body: answer.body };
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (isKept(answer)) remember(path, bytes);
  return { size, body: bytes };
}

/**
 * Keeps a manifest that was just read from the database, unless it is large, or nothing needs it: who asks for that has its grace
 * period begin anew.
 *
 * @param place where the caller may pull: nothing is kept of another repository, which may have the name by now.
 */
export function rememberManifest(place: RepositoryPlace, manifest: Omit<ReadManifest, "isChild" | "isAttached">): void {
  const { id, mediaType, digest, text, size, repository, unreferencedSince } = manifest;
  if (!isSame(repository, place) || unreferencedSince !== null || size > SMALL_DOCUMENT_BYTES) return;
  const path = edgePath(place, "manifests", digest);
  if (!bodies.get(path)) remember(path, new Uint8Array(new TextEncoder().encode(text)), { id, mediaType });
}

/** Keeps a blob that was just read from R2, unless it is large. What it is of, and `place`, are as {@link rememberManifest} says. */
export function rememberBlob(place: RepositoryPlace, { digest, repository }: FoundBlob, bytes: Bytes): void {
  if (isSame(repository, place)) remember(edgePath(place, "blobs", digest), bytes);
}

/** Whether what was read is of the repository that a token is for, and the reader knew of as many removals as the token does. */
export function isSame(read: RepositoryPlace, { id, generation }: RepositoryPlace): boolean {
  return read.id === id && read.generation >= generation;
}

function remember(path: string, bytes: Bytes, manifest?: { id: number; mediaType: string }): void {
  if (bytes.byteLength > SMALL_DOCUMENT_BYTES) return;
  bodies.set(path, { bytes, ...(manifest && { manifest }) }, bytes.byteLength);
}

/**
 * Tells all caches what was removed: this isolate believes nothing older from here on, and Cloudflare's cache removes all it
 * has of these repositories. To be called after a removal and before its answer; each minute for what was left. Never throws:
 * what a cache is not told ends with the tokens.
 */
export async function announceRemovals(stores: Stores): Promise<void> {
  forgetNoted();
  try {
    const removals = await listRemovals(stores.db, MAX_REMOVALS);
    if (removals.length === 0) return;
    removals.forEach(raiseGeneration);
    await forgetRemovals(stores.db, await purge(stores, removals), TOKEN_MS);
  } catch (error) {
    console.error("caches are told of removals by the next run:", error);
  }
}

/** @returns those that the cache was told of. */
async function purge({ contentSource }: Stores, removals: readonly Removal[]): Promise<readonly Removal[]> {
  if (!contentSource || isCacheAbsent) return removals;
  for (let at = 0; at < removals.length; at += MAX_PURGED_TAGS) {
    const purging = await contentSource.purge(removals.slice(at, at + MAX_PURGED_TAGS).map(edgeTag));
    if (purging === "absent") return removals;
    if (purging === "refused") {
      console.warn(
        `the cache refused to remove what it has of ${counted(removals.length - at, "image")}; it ends within minutes`,
      );
      return removals.slice(0, at);
    }
  }
  return removals;
}

function raiseGeneration({ repositoryId, generation }: Removal): void {
  if (generations.bytes > MANY_GENERATIONS_BYTES) {
    generations.clear();
    believesNothingUntil = Date.now() + TOKEN_MS;
  }
  generations.set(String(repositoryId), generation, 0);
}

/** Whether nothing has been removed from a repository since a caller's token was made, as far as this isolate knows. */
function isCurrent({ id, generation }: RepositoryPlace): boolean {
  return Date.now() >= believesNothingUntil && generation >= (generations.get(String(id)) ?? 0);
}

/** @returns undefined when there is no cache, and when it and what is behind it have no answer. */
async function ask({ contentSource }: Stores, path: string): Promise<Response | undefined> {
  if (!contentSource || isCacheAbsent) return undefined;
  try {
    // The host is none: the entrypoint and the cache go by the path.
    const answer = await contentSource.fetch(`https://content${path}`);
    isCacheAbsent = answer.headers.get(EDGE_HEADERS.cache) === "absent";
    if (answer.status === 200) return answer;
    await answer.body?.cancel();
  } catch (error) {
    console.warn(`${path} is read without the cache, which failed:`, error);
  }
  return undefined;
}
