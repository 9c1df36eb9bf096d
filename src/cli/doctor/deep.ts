/**
 * `berth doctor --deep`: reads what the caller may pull, and compares it with what its digests and manifests say.
 *
 * Manifests are read by the management API, where that is no pull: aging goes by pulls. Blobs are read as clients pull them: the
 * registry counts their bytes, and no pull.
 */
import { createHash } from "node:crypto";
import { type Api, unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { downloadBlob } from "../../client/blob-download.ts";
import { type Bytes, chunksOf } from "../../client/bytes.ts";
import { type Descriptor, readManifest } from "../../client/descriptor.ts";
import { ContentMismatch, isNotFound, isSignedOut, NetworkLost, RegistryRefusal } from "../../client/errors.ts";
import { digestOf } from "../../client/hash.ts";
import { runAll } from "../../client/jobs.ts";
import { listReferrers } from "../../client/referrers.ts";
import type { RegistryClient } from "../../client/registry-client.ts";
import { blobsOf, childrenOf, foreignLayersOf } from "../../client/remote-image.ts";
import { algorithmOf, isDigest } from "../../kernel/digest.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { pagesOf } from "../manage.ts";

const IMAGE = "/api/organizations/{organization}/images/{image}";

const PUSH_AGAIN = "Push the image again: the registry takes what it lacks.";
const DELETE_AND_PUSH = "Delete it, and push the image again.";
const REPAIR =
  "A push does not replace it. Ask the operator for `npm run check-storage -- --repair`, then push the image again.";
const CHECK = "Ask the operator for `npm run check-storage`.";
const BUILT_SO = "It was pushed so. Build the image again, and push that.";

/** What is wrong with a manifest, or with a blob. */
export type FaultKind =
  | "missing-manifest"
  /** Its bytes have another digest. */
  | "damaged-manifest"
  /** It has another media type than what names it says, or than it says itself. */
  | "wrong-type"
  | "missing-blob"
  /** Its bytes have another digest, or cannot be read to their end. */
  | "damaged-blob"
  /** It has another size than what names it says. */
  | "wrong-size";

/** Something in an image. */
interface Place {
  /** `organization/image`. */
  image: string;
  /** Those that lead to it. */
  tags: string[];
  /** The digest of a manifest or blob. */
  digest: string;
}

export interface Fault extends Place {
  kind: FaultKind;
  detail: string;
  mend: string;
}

/** What was not read, and why that is no fault. */
export interface Omission extends Place {
  detail: string;
}

/** How much was read; of blobs each once, however many images have it. */
export interface Counts {
  images: number;
  tags: number;
  manifests: number;
  blobs: number;
  /** Of manifests and blobs. */
  bytes: number;
}

export interface ImageReport {
  image: string;
  faults: Fault[];
  omissions: Omission[];
}

export interface DeepOptions {
  client: RegistryClient;
  api: Api;
  /** How many requests go on at once. */
  jobs: number;
  /** Whether the bytes of blobs are read; otherwise it is only asked whether they are there. */
  readsBytes: boolean;
  signal: AbortSignal;
  onProgress: (counts: Counts) => void;
}

/** Reads one image after the other. */
export class DeepExamination {
  readonly counts: Counts = { images: 0, tags: 0, manifests: 0, blobs: 0, bytes: 0 };
  readonly #options: DeepOptions;
  readonly #blobs: BlobExamination;

  constructor(options: DeepOptions) {
    this.#options = options;
    this.#blobs = new BlobExamination(options, this.counts);
  }

  /**
   * Reads an image.
   *
   * @returns undefined when it is gone, or the caller may not pull it any more.
   * @throws RegistryRefusal, NetworkLost, the signal's reason.
   */
  async image(name: ImageName): Promise<ImageReport | undefined> {
    const { api } = this.#options;
    try {
      const report = await new ImageExamination(this.#options, name, this.counts, this.#blobs).run();
      this.counts.images += 1;
      return report;
    } catch (error) {
      if (error instanceof RegistryRefusal && (await isAbsent(api.GET(IMAGE, { params: { path: name } }))))
        return undefined;
      throw error;
    }
  }
}

/** What became of a blob. */
type Verdict =
  | { state: "sound"; size: number }
  /** A pull-through cache has not got it yet, and gets it with the first pull. */
  | { state: "elsewhere" }
  | { state: "missing" }
  | { state: "damaged"; detail: string }
  /** Its bytes do not come to their end, however often they are asked for. */
  | { state: "unreadable"; detail: string };

/** Reads blobs, each once. */
class BlobExamination {
  readonly #options: DeepOptions;
  readonly #counts: Counts;
  /** Of blobs that are there: one that an image lacks may be there for another. */
  readonly #known = new Map<string, Verdict>();

  constructor(options: DeepOptions, counts: Counts) {
    this.#options = options;
    this.#counts = counts;
  }

  async judge(name: ImageName, digest: string, signal: AbortSignal): Promise<Verdict> {
    const known = this.#known.get(digest);
    if (known) return known;
    let verdict = await this.#read(name, digest, signal);
    // Read twice before anything is said against it.
    if (verdict.state === "missing" || verdict.state === "damaged") verdict = await this.#read(name, digest, signal);
    if (verdict.state !== "missing" && verdict.state !== "elsewhere") this.#known.set(digest, verdict);
    this.#counts.blobs += 1;
    this.#options.onProgress(this.#counts);
    return verdict;
  }

  async #read(name: ImageName, digest: string, signal: AbortSignal): Promise<Verdict> {
    const { client, readsBytes, onProgress } = this.#options;
    const repository = nameOf(name);
    if (!readsBytes || !(await this.#isHere(name, digest, signal))) return this.#ask(name, digest, signal);
    let size = 0;
    try {
      for await (const piece of chunksOf(downloadBlob(client, repository, { digest }, { signal }))) {
        size += piece.byteLength;
        this.#counts.bytes += piece.byteLength;
        onProgress(this.#counts);
      }
      return { state: "sound", size };
    } catch (error) {
      signal.throwIfAborted();
      if (isNotFound(error)) return { state: "missing" };
      if (error instanceof ContentMismatch) {
        return { state: "damaged", detail: `its ${size} bytes have another digest` };
      }
      const isOfBlob = error instanceof NetworkLost || (error instanceof RegistryRefusal && error.status >= 500);
      // The registry may be gone, and with it everything.
      if (!isOfBlob || !(await answers(client, signal))) throw error;
      return { state: "unreadable", detail: "it breaks off whenever it is read" };
    }
  }

  async #ask(name: ImageName, digest: string, signal: AbortSignal): Promise<Verdict> {
    const { client, readsBytes } = this.#options;
    try {
      const size = await client.findBlob(nameOf(name), digest, { signal });
      if (size === undefined) return { state: "missing" };
      return readsBytes ? { state: "elsewhere" } : { state: "sound", size };
    } catch (error) {
      if (isUnavailable(error) && !(await this.#isHere(name, digest, signal))) return { state: "elsewhere" };
      throw error;
    }
  }

  /** Whether the registry has a blob itself: to read one that a pull-through cache has not got would make the cache get it. */
  #isHere({ organization, image }: ImageName, digest: string, signal: AbortSignal): Promise<boolean> {
    const url = `/api/organizations/${organization}/images/${encodeURIComponent(image)}/blobs/${digest}`;
    const request = { method: "HEAD", url, scopes: [], signal, expected: [404] };
    return this.#options.client.send(request, ({ ok }) => ok);
  }
}

/** A manifest as the management API gives it. */
interface ManifestText {
  digest: string;
  mediaType: string;
  bytes: Bytes;
}

/** A manifest that something names. */
interface Wanted {
  /** A digest; or the name of a tag, where the digest is not known. */
  reference: string;
  tags: Set<string>;
  /** Whether what names it still does: what was deleted meanwhile is no fault. */
  isStillNamed: () => Promise<boolean>;
}

/** What something says of a manifest that it names. */
interface Description {
  digest: string;
  mediaType?: string;
  size?: number;
  /** For people. */
  by: string;
  /** What to do when it is not so. */
  mend: string;
}

/** A blob, and what the manifests that name it say of it. */
interface WantedBlob {
  role: "configuration" | "layer" | "blob";
  named: { manifest: string; size: number }[];
}

/** A manifest that was read. */
interface ReadManifest {
  mediaType: string;
  size: number;
  /** Those that lead to it. */
  tags: ReadonlySet<string>;
}

class ImageExamination {
  readonly #options: DeepOptions;
  readonly #name: ImageName;
  readonly #path: { params: { path: ImageName } };
  readonly #counts: Counts;
  readonly #judge: BlobExamination;
  readonly #report: ImageReport;
  /** By reference, those that were read too. */
  readonly #wanted = new Map<string, Wanted>();
  #unread: Wanted[] = [];
  readonly #descriptions: Description[] = [];
  /** By digest. */
  readonly #manifests = new Map<string, ReadManifest>();
  readonly #blobs = new Map<string, WantedBlob>();

  constructor(options: DeepOptions, name: ImageName, counts: Counts, judge: BlobExamination) {
    this.#options = options;
    this.#name = name;
    this.#path = { params: { path: name } };
    this.#counts = counts;
    this.#judge = judge;
    this.#report = { image: nameOf(name), faults: [], omissions: [] };
  }

  async run(): Promise<ImageReport> {
    const { api, jobs, signal } = this.#options;
    const { own } = unwrap(await api.GET(IMAGE, this.#path));
    await this.#findTags();
    if (own) await this.#findDeletedTags();
    while (this.#unread.length > 0) {
      const unread = this.#unread;
      this.#unread = [];
      await runAll(unread, { jobs, signal }, (wanted) => this.#manifest(wanted));
    }
    for (const description of this.#descriptions) this.#compare(description);
    await runAll(this.#blobs, { jobs, signal }, ([digest, wanted], stop) => this.#blob(digest, wanted, stop));
    return this.#report;
  }

  /** All tags: the management API leaves out companions of images that are gone, and the registry API tells no digests. */
  async #findTags(): Promise<void> {
    const { api, client, signal } = this.#options;
    const found = new Set<string>();
    const pages = pagesOf(async (query) =>
      unwrap(await api.GET(`${IMAGE}/tags`, { params: { path: this.#name, query } })),
    );
    for await (const { tags } of pages) {
      for (const tag of tags) this.#wantTag(tag, found);
    }
    for await (const tag of client.listTags(nameOf(this.#name), { signal })) {
      if (found.has(tag)) continue;
      found.add(tag);
      this.#want(tag, [tag], () => this.#isTag(tag));
    }
    this.#counts.tags += found.size;
  }

  /** @param found the tags that are known, to which this one and its companions are added. */
  #wantTag({ name, digest, mediaType, companions }: components["schemas"]["Tag"], found: Set<string>): void {
    found.add(name);
    this.#want(digest, [name], () => this.#isListed(name, digest));
    this.#descriptions.push({ digest, mediaType, by: `the list of tags, of ${name},`, mend: CHECK });
    for (const companion of companions) {
      found.add(companion.name);
      this.#want(companion.digest, [companion.name], () => this.#isTag(companion.name));
    }
  }

  /** What deleted tags can be restored to. When one cannot any more, it is no fault. */
  async #findDeletedTags(): Promise<void> {
    const { api } = this.#options;
    const pages = pagesOf(async (query) =>
      unwrap(await api.GET(`${IMAGE}/restorable-tags`, { params: { path: this.#name, query } })),
    );
    for await (const { tags } of pages) {
      for (const { digest } of tags) this.#want(digest, [], () => Promise.resolve(false));
    }
  }

  async #isListed(name: string, digest: string): Promise<boolean> {
    const params = { path: this.#name, query: { name } };
    const { tags } = unwrap(await this.#options.api.GET(`${IMAGE}/tags`, { params }));
    return tags.some((tag) => tag.digest === digest);
  }

  async #isTag(name: string): Promise<boolean> {
    const { client, signal } = this.#options;
    for await (const tag of client.listTags(nameOf(this.#name), { signal })) if (tag === name) return true;
    return false;
  }

  #want(reference: string, tags: Iterable<string>, isStillNamed: () => Promise<boolean>): void {
    const known = this.#wanted.get(reference);
    if (known) {
      for (const tag of tags) known.tags.add(tag);
      return;
    }
    const wanted = { reference, tags: new Set(tags), isStillNamed };
    this.#wanted.set(reference, wanted);
    this.#unread.push(wanted);
  }

  /** @returns undefined when there is none. */
  async #text(reference: string): Promise<ManifestText | undefined> {
    const params = { path: { ...this.#name, reference } };
    try {
      const { data, response } = await this.#options.api.GET(`${IMAGE}/manifests/{reference}/text`, {
        params,
        parseAs: "arrayBuffer",
      });
      return {
        digest: response.headers.get("Docker-Content-Digest") ?? reference,
        mediaType: response.headers.get("Content-Type") ?? "",
        bytes: new Uint8Array(unwrap({ data }) ?? new ArrayBuffer(0)),
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Whether a pull-through cache gets a manifest that it has not got. */
  async #isElsewhere(digest: string): Promise<boolean> {
    const { client, signal } = this.#options;
    try {
      return await client.hasManifest(nameOf(this.#name), digest, { signal });
    } catch (error) {
      if (isUnavailable(error)) return true;
      throw error;
    }
  }

  async #manifest({ reference, tags, isStillNamed }: Wanted): Promise<void> {
    const { client, signal, onProgress } = this.#options;
    const repository = nameOf(this.#name);
    const text = await this.#text(reference);
    if (!text) {
      if (isDigest(reference) && (await this.#isElsewhere(reference)))
        this.#omit(reference, tags, `manifest ${reference} ${NOT_FETCHED}`);
      else if (!(await this.#text(reference)) && (await isStillNamed())) {
        this.#fault("missing-manifest", reference, tags, `manifest ${reference} is missing`, PUSH_AGAIN);
      }
      return;
    }
    const { digest, mediaType, bytes } = text;
    if (this.#manifests.has(digest)) return;
    this.#manifests.set(digest, { mediaType, size: bytes.byteLength, tags });
    this.#counts.manifests += 1;
    this.#counts.bytes += bytes.byteLength;
    onProgress(this.#counts);
    if (!hasDigest(text)) {
      const again = await this.#text(digest);
      if (again && !hasDigest(again)) {
        this.#fault("damaged-manifest", digest, tags, `manifest ${digest} has other bytes`, DELETE_AND_PUSH);
      }
      return;
    }
    const parsed = readManifest(bytes, mediaType);
    if (!parsed) {
      this.#omit(digest, tags, `what manifest ${digest} names is not read: the registry would not take it today`);
      return;
    }
    // As it says itself.
    this.#descriptions.push({ digest, mediaType: parsed.mediaType, by: "its own text", mend: DELETE_AND_PUSH });
    const isStillHere = async () => (await this.#text(digest)) !== undefined;
    if (parsed.kind === "index") {
      for (const child of childrenOf(parsed)) {
        this.#want(child.digest, tags, isStillHere);
        this.#describe(child, `index ${digest}`, BUILT_SO);
      }
    }
    for (const layer of foreignLayersOf({ parsed })) {
      this.#omit(layer.digest, tags, `layer ${layer.digest} may not be distributed, and is not looked for`);
    }
    for (const blob of blobsOf({ parsed })) {
      const role = parsed.kind === "index" ? "blob" : blob.digest === parsed.config.digest ? "configuration" : "layer";
      this.#wantBlob(blob, role, digest);
    }
    const findReferrers = () => listReferrers(client, repository, digest, { signal });
    for (const referrer of await findReferrers()) {
      const isListed = async () => (await findReferrers()).some((each) => each.digest === referrer.digest);
      this.#want(referrer.digest, tags, isListed);
      this.#describe(referrer, `the list of what refers to ${digest}`, CHECK);
    }
  }

  #describe({ digest, mediaType, size }: Descriptor, by: string, mend: string): void {
    this.#descriptions.push({ digest, mediaType, size, by, mend });
  }

  #wantBlob({ digest, size }: Descriptor, role: WantedBlob["role"], manifest: string): void {
    const wanted = this.#blobs.get(digest) ?? { role, named: [] };
    wanted.named.push({ manifest, size });
    this.#blobs.set(digest, wanted);
  }

  /** Compares a manifest with what something says of it. */
  #compare({ digest, mediaType, size, by, mend }: Description): void {
    const manifest = this.#manifests.get(digest);
    if (!manifest) return;
    const { tags } = manifest;
    if (mediaType !== undefined && mediaType !== manifest.mediaType) {
      const detail = `manifest ${digest} is ${manifest.mediaType}, and ${by} says ${mediaType}`;
      this.#fault("wrong-type", digest, tags, detail, mend);
    }
    if (size !== undefined && size !== manifest.size) {
      const detail = `manifest ${digest} has ${manifest.size} bytes, and ${by} says ${size}`;
      this.#fault("wrong-size", digest, tags, detail, mend);
    }
  }

  async #blob(digest: string, { role, named }: WantedBlob, signal: AbortSignal): Promise<void> {
    const tagsOf = (manifest: string) => [...(this.#manifests.get(manifest)?.tags ?? [])];
    const tags = new Set(named.flatMap(({ manifest }) => tagsOf(manifest)));
    const verdict = await this.#judge.judge(this.#name, digest, signal);
    const what = `${role} ${digest}`;
    if (verdict.state === "elsewhere") {
      this.#omit(digest, tags, `${what} ${NOT_FETCHED}`);
      return;
    }
    if (verdict.state === "sound") {
      for (const { manifest, size } of named) {
        if (size === verdict.size) continue;
        const detail = `${what} has ${verdict.size} bytes, and manifest ${manifest} says ${size}`;
        this.#fault("wrong-size", digest, tagsOf(manifest), detail, BUILT_SO);
      }
      return;
    }
    if (!(await this.#isAnyThere(named))) return;
    if (verdict.state === "missing") this.#fault("missing-blob", digest, tags, `${what} is missing`, PUSH_AGAIN);
    else this.#fault("damaged-blob", digest, tags, `${what} is damaged: ${verdict.detail}`, REPAIR);
  }

  async #isAnyThere(named: WantedBlob["named"]): Promise<boolean> {
    for (const { manifest } of named) if (await this.#text(manifest)) return true;
    return false;
  }

  #fault(kind: FaultKind, digest: string, tags: Iterable<string>, detail: string, mend: string): void {
    this.#report.faults.push({ kind, image: nameOf(this.#name), tags: [...tags], digest, detail, mend });
  }

  #omit(digest: string, tags: Iterable<string>, detail: string): void {
    this.#report.omissions.push({ image: nameOf(this.#name), tags: [...tags], digest, detail });
  }
}

const NOT_FETCHED = "is not here: a pull-through cache gets it with the first pull";

/**
 * Of what the registry has not got itself: whether the one that a pull-through cache stands for does not answer. What the
 * cache has is read all the same.
 */
function isUnavailable(error: unknown): boolean {
  return error instanceof RegistryRefusal && error.code === "UNAVAILABLE";
}

export function nameOf({ organization, image }: ImageName): string {
  return `${organization}/${image}`;
}

/**
 * The images that the caller may pull, by name.
 *
 * @param organization the one to stay within, if any.
 */
export async function listImages(
  api: Api,
  scope: "own" | "shared" | "public" | "all",
  organization: string | undefined,
): Promise<ImageName[]> {
  const pages = pagesOf(async (page) => {
    const query = { scope, ...page, ...(organization !== undefined && { organization }) };
    return unwrap(await api.GET("/api/images", { params: { query } }));
  });
  const names: ImageName[] = [];
  for await (const { images } of pages) {
    names.push(...images.map(({ organization: owner, image }) => ({ organization: owner, image })));
  }
  return names;
}

function hasDigest({ digest, bytes }: ManifestText): boolean {
  return digestOf(bytes, createHash, algorithmOf(digest)) === digest;
}

/** Whether what was asked for is not there, or not for the caller. */
async function isAbsent(asking: Promise<unknown>): Promise<boolean> {
  try {
    await asking;
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Whether there still is a registry. */
async function answers(client: RegistryClient, signal: AbortSignal): Promise<boolean> {
  try {
    await client.check({ signal, attempts: 2 });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    // Of somebody without credentials.
    return isSignedOut(error);
  }
}
