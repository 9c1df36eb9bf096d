/** What the cache of `edge-content.ts` has in front of it: content by repository and digest, from D1 and R2. */
import { SMALL_DOCUMENT_BYTES, withDocuments, writeDocument } from "../../documents.ts";
import type { Digest } from "../../kernel/digest.ts";
import { findBlob } from "../../storage/content/blobs.ts";
import { readManifest } from "../../storage/content/find-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import { DO_NOT_KEEP, EDGE_HEADERS, edgeTag, KEEP, MAX_KEPT_BYTES, parseEdgePath } from "./edge-contract.ts";

/** Where an answer is made. */
export interface SourceContext {
  stores: Stores;
  hasCache: boolean;
  /** Lets work go on after the answer. */
  after: (work: Promise<unknown>) => void;
}

/** What an answer has, and whether it may be kept. */
interface Content {
  body: BodyInit;
  /** Bytes. */
  size: number;
  isLasting: boolean;
  headers?: Record<string, string>;
}

/** The generation of a repository that a caller knows, and its id. */
interface AskedPlace {
  id: number;
  generation: number;
}

/**
 * Answers one path of `edge-contract.ts`, always with the whole of it: the cache cuts ranges itself. What is not there, or cannot
 * be told, is 404: the caller then asks as if there were no cache, and finds out what to say.
 */
export async function answerContent(context: SourceContext, path: string): Promise<Response> {
  const asked = parseEdgePath(path);
  const cache: Record<string, string> = context.hasCache ? {} : { [EDGE_HEADERS.cache]: "absent" };
  const content =
    asked &&
    (await (asked.kind === "blobs"
      ? openBlob(context, asked.place, asked.digest)
      : openManifest(context, asked.place, asked.digest)));
  if (!content) return new Response(null, { status: 404, headers: { ...cache, "Cache-Control": DO_NOT_KEEP } });
  const isKept = content.isLasting && content.size <= MAX_KEPT_BYTES;
  return new Response(content.body, {
    headers: {
      ...cache,
      ...content.headers,
      [EDGE_HEADERS.size]: String(content.size),
      [EDGE_HEADERS.madeAt]: String(Date.now()),
      "Content-Length": String(content.size),
      // Of a type that nothing on the way compresses or changes.
      "Content-Type": "application/octet-stream",
      "Cache-Control": isKept ? KEEP : DO_NOT_KEEP,
      ...(isKept && { "Cache-Tag": edgeTag({ repositoryId: asked.place.id }) }),
    },
  });
}

async function openBlob({ stores }: SourceContext, place: AskedPlace, digest: Digest): Promise<Content | undefined> {
  const blob = await nearestFirst(stores, async (db) => {
    const found = await findBlob(db, { id: place.id }, digest);
    return found.outcome === "found" && !isBehind(found.blob.repository, place) ? found.blob : undefined;
  });
  // One that is lost is noted when the caller finds it so.
  const object = blob && (await stores.bucket.get(blob.objectKey));
  return object ? { body: object.body, size: blob.size, isLasting: true } : undefined;
}

async function openManifest(
  { stores, after }: SourceContext,
  place: AskedPlace,
  digest: Digest,
): Promise<Content | undefined> {
  return withDocuments(async (memory) => {
    const manifest = await nearestFirst(stores, async (db) => {
      const found = await readManifest(db, { id: place.id }, digest, memory);
      return found.outcome === "found" && !isBehind(found.manifest.repository, place) ? found.manifest : undefined;
    });
    if (!manifest) return undefined;
    const { id, mediaType, size, text, unreferencedSince } = manifest;
    const headers = {
      [EDGE_HEADERS.manifestId]: String(id),
      [EDGE_HEADERS.mediaType]: mediaType,
      ...(unreferencedSince !== null && { [EDGE_HEADERS.unreferencedSince]: String(unreferencedSince) }),
    };
    // Who asks for one that nothing needs has its grace period begin anew: so each is to come here.
    const content = { size, isLasting: unreferencedSince === null, headers };
    if (size <= SMALL_DOCUMENT_BYTES) return { ...content, body: text };
    const { readable, writable } = new FixedLengthStream(size);
    after(writeDocument(new TextEncoder().encode(text), writable, memory.handOver()));
    return { ...content, body: readable };
  });
}

/** What the nearest copy of the database has, or else the primary. */
async function nearestFirst<T>(
  { db, nearby }: Stores,
  read: (db: Stores["db"]) => Promise<T | undefined>,
): Promise<T | undefined> {
  const found = await read(nearby);
  return found ?? (nearby === db ? undefined : read(db));
}

/**
 * Whether the database has yet to hear of a removal that the caller's token knows of, as a replica may: what it says is there
 * could be kept for a year.
 */
function isBehind(read: AskedPlace, asked: AskedPlace): boolean {
  return read.generation < asked.generation;
}
