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
import { counts } from "../metrics/counting.ts";
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

/** What is kept of content. */
interface Kept {
  /** Bytes. */
  size: number;
  /** Of up to {@link SMALL_DOCUMENT_BYTES}; absent where somebody has asked only whether it is there. */
  bytes?: Bytes;
  manifest?: ManifestFacts;
  /** Until when `HEAD` goes by it. Absent where it came from the cache, which may have had it for long: D1 has not heard of it. */
  describedUntil?: number;
  /** Where the bytes of a blob are that is too large for memory, and until when `GET` goes by it. */
  object?: { key: string; until: number };
}

interface ManifestFacts {
  id: number;
  mediaType: string;
}

/** By path. */
const contents = new BoundedMemory<Kept>(2 * 1024 * 1024);
/** How long `HEAD` goes by what the database said: meanwhile no use of it is noted there, nor that its object is lost. */
const DESCRIBED_MS = TOKEN_MS;
/** Estimate of what describes content that is kept without its bytes: a blob's object has the longest of all. */
const DESCRIPTION_BYTES = 250;
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
  const path = edgePath(place, "manifests", digest);
  const isBelieved = isCurrent(place);
  const known = isBelieved ? contents.get(path) : undefined;
  if (known?.manifest && known.bytes) {
    countLookup("manifest", "memory");
    return { ...known.manifest, unreferencedSince: null, bytes: known.bytes };
  }
  const askedAt = Date.now();
  const answer = isBelieved ? await ask(stores, path) : undefined;
  countLookup("manifest", placeOf(answer, askedAt));
  const described = answer && readDescription(answer);
  if (!described) return undefined;
  const { id, mediaType, size, unreferencedSince } = described;
  await requireDocumentMemory(memory, size);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (isKept(answer)) remember(path, bytes, { id, mediaType });
  return { id, mediaType, unreferencedSince, bytes };
}

/** What an answer of the entrypoint says of the manifest in it. */
function readDescription({ headers }: Response): Omit<NearDescription, "isUnheard"> | undefined {
  const id = Number(headers.get(EDGE_HEADERS.manifestId));
  const mediaType = headers.get(EDGE_HEADERS.mediaType);
  if (!mediaType || !(id > 0)) return undefined;
  const since = headers.get(EDGE_HEADERS.unreferencedSince);
  const size = Number(headers.get(EDGE_HEADERS.size));
  return { id, mediaType, size, unreferencedSince: since === null ? null : Number(since) };
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
  const path = edgePath(place, "blobs", digest);
  const isBelieved = isCurrent(place);
  const known = isBelieved ? contents.get(path) : undefined;
  if (known?.bytes) {
    countLookup("blob", "memory");
    return { size: known.size, body: known.bytes };
  }
  const askedAt = Date.now();
  const answer = isBelieved && isWhole ? await ask(stores, path) : undefined;
  countLookup("blob", placeOf(answer, askedAt));
  if (!answer?.body) return undefined;
  const size = Number(answer.headers.get(EDGE_HEADERS.size));
  if (size > SMALL_DOCUMENT_BYTES) return { size, body: answer.body };
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (isKept(answer)) remember(path, bytes);
  return { size, body: bytes };
}

/** What `HEAD` answers of a manifest that needs no query. */
export interface NearDescription extends ManifestFacts {
  /** Bytes. */
  size: number;
  /** As of a manifest in the database: null for all that is kept. */
  unreferencedSince: number | null;
  /** Whether only the cache says so: the database has not heard that somebody asks. */
  isUnheard: boolean;
}

/**
 * Finds out about a manifest of a repository without asking the database: for callers who may not push, since nobody else may
 * rely on what was there some minutes ago.
 *
 * @returns undefined when it is not near, which does not mean that it is not there.
 */
export async function describeNearManifest(
  stores: Stores,
  place: RepositoryPlace,
  digest: Digest,
): Promise<NearDescription | undefined> {
  if (!isCurrent(place)) return undefined;
  const path = edgePath(place, "manifests", digest);
  const known = findDescribed(path);
  if (known?.manifest) return { ...known.manifest, size: known.size, unreferencedSince: null, isUnheard: false };
  const answer = await ask(stores, path);
  const described = answer && readDescription(answer);
  await answer?.body?.cancel();
  if (!described) return undefined;
  const { id, mediaType, size, unreferencedSince } = described;
  if (isKept(answer)) describe(path, size, { id, mediaType });
  return { id, mediaType, size, unreferencedSince, isUnheard: true };
}

/**
 * The size of a blob of a repository, in bytes, if it was there some minutes ago: for the same callers. The cache is not asked: it
 * would fetch the whole of a blob that it does not have.
 */
export function nearBlobSize(place: RepositoryPlace, digest: Digest): number | undefined {
  return isCurrent(place) ? findDescribed(edgePath(place, "blobs", digest))?.size : undefined;
}

/**
 * The object in R2 that has the bytes of a blob, if the database said so some minutes ago. A blob that was removed since by another
 * isolate is found no longer than by its cache: the object goes with it, and callers who do not find it ask the database.
 */
export function nearBlobObject(
  place: RepositoryPlace,
  digest: Digest,
): { size: number; objectKey: string } | undefined {
  const known = isCurrent(place) ? contents.get(edgePath(place, "blobs", digest)) : undefined;
  if (!known?.object || known.object.until <= Date.now()) return undefined;
  return { size: known.size, objectKey: known.object.key };
}

/** Notes for {@link nearBlobObject} what the database has just said. */
export function rememberObject(place: RepositoryPlace, { digest, size, objectKey, repository }: FoundBlob): void {
  if (!isSame(repository, place)) return;
  const path = edgePath(place, "blobs", digest);
  const object = { key: objectKey, until: Date.now() + DESCRIBED_MS };
  keep(path, { ...contents.get(path), size, object });
}

/** Notes for {@link describeNearManifest} what the database has just said, on the terms of {@link rememberManifest}. */
export function rememberDescription(
  place: RepositoryPlace,
  manifest: Omit<ReadManifest, "text" | "isChild" | "isAttached">,
) {
  const { id, mediaType, digest, size, repository, unreferencedSince } = manifest;
  if (!isSame(repository, place) || unreferencedSince !== null) return;
  describe(edgePath(place, "manifests", digest), size, { id, mediaType });
}

/** Notes for {@link nearBlobSize} what the database and R2 have just said. */
export function rememberSize(place: RepositoryPlace, { digest, size, repository }: FoundBlob): void {
  if (isSame(repository, place)) describe(edgePath(place, "blobs", digest), size);
}

/** Forgets a blob whose object is gone from R2. */
export function forgetBlob(place: RepositoryPlace, digest: Digest): void {
  contents.delete(edgePath(place, "blobs", digest));
}

function findDescribed(path: string): Kept | undefined {
  const known = contents.get(path);
  return known && (known.describedUntil ?? 0) > Date.now() ? known : undefined;
}

function describe(path: string, size: number, manifest?: ManifestFacts): void {
  const known = contents.get(path);
  keep(path, { ...known, size, ...(manifest && { manifest }), describedUntil: Date.now() + DESCRIBED_MS });
}

function keep(path: string, kept: Kept): void {
  contents.set(path, kept, (kept.bytes?.byteLength ?? 0) + DESCRIPTION_BYTES);
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
  if (contents.get(path)?.bytes) return;
  remember(path, new Uint8Array(new TextEncoder().encode(text)), { id, mediaType }, Date.now() + DESCRIBED_MS);
}

/** Keeps a blob that was just read from R2, unless it is large. What it is of, and `place`, are as {@link rememberManifest} says. */
export function rememberBlob(place: RepositoryPlace, { digest, repository }: FoundBlob, bytes: Bytes): void {
  if (isSame(repository, place))
    remember(edgePath(place, "blobs", digest), bytes, undefined, Date.now() + DESCRIBED_MS);
}

/** Whether what was read is of the repository that a token is for, and the reader knew of as many removals as the token does. */
export function isSame(read: RepositoryPlace, { id, generation }: RepositoryPlace): boolean {
  return read.id === id && read.generation >= generation;
}

function remember(path: string, bytes: Bytes, manifest?: ManifestFacts, describedUntil?: number): void {
  const size = bytes.byteLength;
  if (size > SMALL_DOCUMENT_BYTES) return;
  keep(path, { size, bytes, ...(manifest && { manifest }), ...(describedUntil !== undefined && { describedUntil }) });
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

/** Where content was found: the isolate's memory, the cache, the entrypoint behind it; "miss" where it is to be asked for elsewhere. */
type LookupResult = "memory" | "cache" | "source" | "miss";

function countLookup(kind: "manifest" | "blob", result: LookupResult): void {
  counts.add("berth_content_lookups_total", [kind, result]);
}

function placeOf(answer: Response | undefined, askedAt: number): LookupResult {
  if (!answer) return "miss";
  // What was kept before there was such a header is from the cache, too.
  return Number(answer.headers.get(EDGE_HEADERS.madeAt) ?? 0) < askedAt ? "cache" : "source";
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
