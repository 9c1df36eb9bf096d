/**
 * Copying one tag to a remote registry: a step of it, as far as time goes. Blobs come first, then what names them, and the tag
 * last, so that nothing there ever names what is not there.
 */
import { type Bytes, encodeText } from "../../client/bytes.ts";
import { BlobUpload } from "../../client/blob-upload.ts";
import { MAX_REQUEST_BYTES } from "../../client/chunk-sizes.ts";
import { type Descriptor, type ImageIndex, type ImageManifest, readManifest } from "../../client/descriptor.ts";
import { RegistryRefusal, UploadLost } from "../../client/errors.ts";
import { runAll } from "../../client/jobs.ts";
import { addReferrerByTag, describeReferrer } from "../../client/referrers.ts";
import type { RegistryClient } from "../../client/registry-client.ts";
import { blobsOf } from "../../client/remote-image.ts";
import { StreamedBody } from "../../client/streamed-body.ts";
import { withDocuments } from "../../documents.ts";
import { type Digest, isDigest, parseDigest, shorten } from "../../kernel/digest.ts";
import { imageOf, type RepositoryName } from "../../kernel/reference.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import type { SyncPlan, SyncProgress } from "../../model/sync/sync-jobs.ts";
import { remoteRepositoryOf } from "../../model/sync/sync-rules.ts";
import { markLost } from "../../storage/content/blobs.ts";
import { readManifest as readStored } from "../../storage/content/find-manifest.ts";
import { countQueries, MAX_QUERIES } from "../../storage/database.ts";
import type { SyncWork } from "../../storage/sync/sync-claims.ts";
import { findBlobs, listMountSources, type MountSource, type StoredBlob } from "../../storage/sync/sync-content.ts";
import { isOvertaken } from "../../storage/sync/sync-jobs.ts";
import type { Stores } from "../../storage/stores.ts";
import { streamObject } from "./stream-object.ts";

/** Most bytes of one request to a registry that takes as many: so that no single one takes longer than a Worker lives. */
const WHOLE_BYTES = 1024 * 1024 * 1024;
/** What halving ends at: less would make requests of small pieces only. */
const MIN_REQUEST_BYTES = 5 * 1024 * 1024;
/** Blobs that are sent at once: an invocation waits for six answers at most. */
const BLOBS_AT_ONCE = 3;
/** How often an upload begins again within a step that the registry has forgotten. */
const MAX_BEGINNINGS = 4;
/** Queries of an invocation after which no part is begun: one takes some ten. */
const MAX_QUERIES_OF_STEP = MAX_QUERIES - 200;

export interface CopyStep {
  stores: Stores;
  work: SyncWork;
  client: RegistryClient;
  plan: SyncPlan;
  /** How far it has come; changed on the way. */
  progress: SyncProgress;
  /** Ends what is under way: the job is not ours any more, or its step has taken too long. */
  signal: AbortSignal;
  /** From when on nothing more is begun. */
  endsAt: number;
  /** Notes the progress at once. @throws when the job is not ours any more. */
  note: () => Promise<void>;
}

/** What came of a step. */
export type CopyOutcome =
  | { kind: "done"; reasons: Reason[] }
  /** There is more to do. */
  | { kind: "more" }
  /** The tag is there with another digest. */
  | { kind: "existed"; reasons: Reason[] }
  | { kind: "overtaken" };

/** What a remote registry says of a tag. */
interface RemoteTag {
  isThere: boolean;
  digest: string | undefined;
}

export class SyncCopy {
  readonly #step: CopyStep;
  /** The repository there. */
  readonly #target: string;
  /** Bytes that have left, of blobs that are under way. */
  readonly #sending = new Map<string, number>();
  /** Tags of companions that are there with another digest. */
  readonly #kept: string[] = [];
  requests = 0;

  constructor(step: CopyStep) {
    this.#step = step;
    this.#target = remoteRepositoryOf(step.work.job.remoteOrganization, imageOf(step.work.repository));
  }

  /** Bytes of blobs that are there, or on their way. */
  get bytes(): number {
    let sending = 0;
    for (const bytes of this.#sending.values()) sending += bytes;
    return this.#step.progress.bytes + sending;
  }

  /** Goes on until all is there, or the time of the step is over. @throws what the client and the registry throw. */
  async run(): Promise<CopyOutcome> {
    const { plan, progress, work, endsAt, stores } = this.#step;
    const { tag, digest, overrides } = work.job;
    const there = await this.#find(tag);
    const isSame = there.digest === digest;
    if (there.isThere && !isSame && !overrides) return this.#existed(there);
    while (progress.parts < plan.parts.length) {
      if (Date.now() > endsAt || countQueries(stores.db) > MAX_QUERIES_OF_STEP) return { kind: "more" };
      await this.#part(progress.parts, isSame);
    }
    if (isSame) return this.#done(reason("THERE_ALREADY"));
    // Nobody else brings this tag there while the job is ours.
    await this.#step.note();
    if (await isOvertaken(stores.db, work.job)) return { kind: "overtaken" };
    return this.#putTag(there);
  }

  async #putTag(there: RemoteTag): Promise<CopyOutcome> {
    const { tag, digest, overrides } = this.#step.work.job;
    try {
      await this.#put(parseDigest(digest), tag, !overrides && !there.isThere);
    } catch (error) {
      if (overrides || !(error instanceof RegistryRefusal) || error.status !== 412) throw error;
      return this.#existed({ isThere: true, digest: undefined });
    }
    return this.#done(reason("COPIED"));
  }

  #existed({ digest }: RemoteTag): CopyOutcome {
    const { tag } = this.#step.work.job;
    const why =
      digest === undefined
        ? reason("TAG_DIFFERS_SOMEHOW", { tag })
        : reason("TAG_DIFFERS", { tag, digest: shorten(digest) });
    return { kind: "existed", reasons: [why] };
  }

  #done(what: Reason): CopyOutcome {
    const reasons = [what];
    if (this.#kept.length > 0) reasons.push(reason("COMPANIONS_KEPT", { tags: this.#kept.slice(0, 5).join(", ") }));
    if (!this.#step.plan.isWhole) reasons.push(reason("REFERRERS_LEFT_OUT"));
    return { kind: "done", reasons };
  }

  /** One manifest with its blobs. */
  async #part(at: number, isTagged: boolean): Promise<void> {
    const { plan, progress, work } = this.#step;
    const [text, bytes, companion] = plan.parts[at] ?? ["", 0, null];
    const digest = parseDigest(text);
    const isThere = isTagged && at <= plan.image ? true : (await this.#find(digest)).isThere;
    if (!isThere) await this.#blobs(digest);
    const before = companion === null ? undefined : await this.#find(companion);
    const isKept = before?.isThere === true && before.digest !== digest && !work.job.overrides;
    if (isKept && companion !== null) this.#kept.push(companion);
    if (companion !== null && !isKept) {
      if (before?.digest !== digest) await this.#put(digest, companion, false);
    } else if (!isThere && !(at === plan.image && at === plan.parts.length - 1)) {
      // The last of all is put under its tag.
      await this.#put(digest, digest, false);
    }
    progress.bytes = sumOf(plan, at) + (bytes ?? 0);
    progress.parts = at + 1;
    progress.blobs = 0;
  }

  async #find(reference: string): Promise<RemoteTag> {
    const { client, signal, progress } = this.#step;
    this.requests += 1;
    const { isThere, digest, headers } = await client.headManifest(this.#target, reference, { signal });
    // It lets through 100 MB, and says so only after as much.
    if (isCloudflare(headers)) progress.requestBytes ??= MAX_REQUEST_BYTES;
    if (!isThere || digest !== undefined || isDigest(reference)) return { isThere, digest };
    this.requests += 1;
    return { isThere, digest: (await client.findManifest(this.#target, reference, { signal }))?.digest };
  }

  /** Puts a manifest under a tag or its digest. */
  async #put(digest: Digest, reference: string, isNew: boolean): Promise<void> {
    const { client, signal } = this.#step;
    this.requests += 1;
    await this.#withManifest(digest, async ({ bytes, mediaType, parsed }) => {
      const { subject } = await client.putManifest(this.#target, reference, { mediaType, bytes }, { signal, isNew });
      if (!parsed.subject || subject !== undefined) return;
      const referrer = describeReferrer({ mediaType, digest, bytes });
      await addReferrerByTag(client, this.#target, parsed.subject.digest, referrer, { signal });
    });
  }

  /** Reads a manifest of the image, and gives its memory back afterwards. */
  async #withManifest<T>(
    digest: Digest,
    use: (manifest: { bytes: Bytes; mediaType: string; parsed: ImageManifest | ImageIndex }) => Promise<T> | T,
  ): Promise<T> {
    const { stores, work } = this.#step;
    return withDocuments(async (memory) => {
      const found = await readStored(stores.db, { id: work.job.repositoryId }, digest, memory);
      if (found.outcome !== "found") {
        const why = reason("MANIFEST_LEFT", { digest, repository: work.repository });
        throw refusal("MANIFEST_UNKNOWN", why, { detail: { digest } });
      }
      const { text, mediaType } = found.manifest;
      const bytes = encodeText(text);
      const parsed = readManifest(bytes, mediaType);
      if (!parsed) throw refusal("MANIFEST_INVALID", reason("MANIFEST_UNREADABLE", { digest }));
      return use({ bytes, mediaType, parsed });
    });
  }

  async #blobs(digest: Digest): Promise<void> {
    const { stores, work, progress, signal } = this.#step;
    const { job } = work;
    const wanted = await this.#withManifest(digest, ({ parsed }) => blobsOf({ parsed }));
    const digests = wanted.map((blob) => blob.digest);
    const [stored, sources] = await Promise.all([
      findBlobs(stores.db, job.repositoryId, digests),
      listMountSources(stores.db, job, digests),
    ]);
    const base = progress.bytes;
    const done = new Set<number>();
    const remaining = [...wanted.entries()].slice(progress.blobs);
    await runAll(remaining, { jobs: BLOBS_AT_ONCE, signal }, async ([at, blob], stop) => {
      await this.#blob(required(stored, blob, work.repository), sources.get(blob.digest), stop);
      this.#sending.delete(blob.digest);
      done.add(at);
      while (done.has(progress.blobs)) progress.blobs += 1;
      progress.bytes = base + sum(wanted.slice(0, progress.blobs));
    });
  }

  async #blob(blob: StoredBlob, source: MountSource | undefined, signal: AbortSignal): Promise<void> {
    const { client } = this.#step;
    this.requests += 1;
    if (await client.hasBlob(this.#target, blob.digest, { signal })) return;
    for (let beginnings = 1; ; beginnings += 1) {
      try {
        return await this.#send(blob, source, signal);
      } catch (error) {
        // docker-registry forgets an upload when a connection breaks in the middle of a request.
        if (!(error instanceof UploadLost) || beginnings === MAX_BEGINNINGS) throw error;
      }
    }
  }

  async #send(blob: StoredBlob, source: MountSource | undefined, signal: AbortSignal): Promise<void> {
    const { client, progress } = this.#step;
    const { digest, size } = blob;
    const target = { client, repository: this.#target, signal };
    this.requests += 1;
    const session = await this.#open(target, digest, source);
    if (!session) return;
    const body = StreamedBody.of((from, to) => this.#read(blob, from, to), size);
    const limit = () => Math.min(progress.requestBytes ?? WHOLE_BYTES, session.maxRequestBytes);
    const startedAt = Date.now();
    try {
      while (size - session.offset > limit()) {
        this.requests += 1;
        await session.write(body.slice(session.offset, Math.min(size, session.offset + limit())));
        progress.uploads[digest] = session.location;
        await this.#step.note();
      }
      this.requests += 1;
      await session.finish(digest, body.slice(session.offset, size));
    } catch (error) {
      if (error instanceof UploadLost) delete progress.uploads[digest];
      else progress.uploads[digest] = session.location;
      // What did not come through whole may do so in smaller pieces.
      if (Date.now() - startedAt > 1000 && !(error instanceof RegistryRefusal)) this.#shrink(size);
      throw error;
    } finally {
      if (session.maxRequestBytes < (progress.requestBytes ?? Infinity) && session.maxRequestBytes < size) {
        progress.requestBytes = session.maxRequestBytes;
      }
    }
    delete progress.uploads[digest];
  }

  #shrink(size: number): void {
    const { progress } = this.#step;
    const next = Math.floor(Math.min(progress.requestBytes ?? WHOLE_BYTES, size) / 2);
    progress.requestBytes = Math.max(MIN_REQUEST_BYTES, Math.min(next, MAX_REQUEST_BYTES));
  }

  /** Takes up the upload that an earlier step has begun, or opens one. @returns undefined when the blob was mounted. */
  async #open(
    target: { client: RegistryClient; repository: string; signal: AbortSignal },
    digest: string,
    source: MountSource | undefined,
  ): Promise<BlobUpload | undefined> {
    const { progress } = this.#step;
    const known = progress.uploads[digest];
    if (known !== undefined) {
      try {
        return await BlobUpload.find(target, known);
      } catch (error) {
        if (!(error instanceof UploadLost)) throw error;
        delete progress.uploads[digest];
      }
    }
    const from = source && remoteRepositoryOf(source.remoteOrganization, imageOf(source.repository));
    const mount = from === undefined || from === target.repository ? undefined : { digest, from };
    const session = await BlobUpload.open(target, mount);
    return session === "mounted" ? undefined : session;
  }

  async #read({ digest, objectKey }: StoredBlob, from: number, to: number) {
    const { stores } = this.#step;
    const onBytes = (bytes: number) => void this.#sending.set(digest, from + bytes);
    const body = await streamObject(stores.bucket, objectKey, { from, to }, onBytes);
    if (body) return body;
    await markLost(stores.db, [objectKey]);
    throw refusal("BLOB_UNKNOWN", reason("BYTES_LOST", { digest }), { detail: { digest } });
  }
}

function isCloudflare(headers: Headers): boolean {
  return headers.has("CF-Ray") || headers.get("Server")?.toLowerCase() === "cloudflare";
}

function required(
  stored: ReadonlyMap<string, StoredBlob>,
  { digest }: Descriptor,
  repository: RepositoryName,
): StoredBlob {
  const blob = stored.get(digest);
  if (blob) return blob;
  throw refusal("BLOB_UNKNOWN", reason("BLOB_LEFT", { digest, repository }), { detail: { digest } });
}

function sum(descriptors: readonly Descriptor[]): number {
  return descriptors.reduce((bytes, { size }) => bytes + size, 0);
}

/** Bytes of the parts before one. */
function sumOf({ parts }: SyncPlan, end: number): number {
  return parts.slice(0, end).reduce((bytes, [, own]) => bytes + (own ?? 0), 0);
}
