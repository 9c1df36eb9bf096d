/** Copying an image from one registry to another, or within one, byte for byte. */
import { cosignTagsOf } from "../kernel/tag-kind.ts";
import { downloadBlob } from "./blob-download.ts";
import { uploadBlob, type UploadLimits } from "./chunked-upload.ts";
import type { DescribedPlatform, Descriptor } from "./descriptor.ts";
import { runAll } from "./jobs.ts";
import { addReferrerByTag, describeReferrer, listReferrers } from "./referrers.ts";
import { blobsOf, inPushOrder, readRemoteImage, type RemoteImage, type Repository } from "./remote-image.ts";
import type { UploadProgress } from "./blob-upload.ts";

export interface CopyTarget extends Repository {
  /** Without one the image is copied by its digest. */
  tags: readonly string[];
}

export interface CopyOptions {
  /** Of an index, the only platform to copy; the digest is then that of its manifest. */
  platform?: DescribedPlatform | undefined;
  /** Whether signatures, SBOMs and whatever else refers to the image come along, and what refers to these. */
  hasReferrers?: boolean | undefined;
  /** Blobs that are copied at once; default 3. */
  jobs?: number | undefined;
  limits?: UploadLimits | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: CopyEvent) => void) | undefined;
}

export type CopyEvent =
  | { kind: "blob"; blob: Descriptor; state: "waiting" | "sending" | "sent" | "present"; done: number }
  | { kind: "manifest"; digest: string; mediaType: string; isReferrer: boolean };

const DEFAULT_JOBS = 3;

/**
 * Copies an image.
 *
 * @param reference a tag or a digest of the source.
 * @returns the digest that the target's tags name.
 * @throws RegistryRefusal, status 404 when there is no such image; PlatformUnknown, NetworkLost, ContentMismatch, the
 * signal's reason.
 */
export async function copyImage(
  source: Repository,
  reference: string,
  target: CopyTarget,
  options: CopyOptions = {},
): Promise<string> {
  return new Copy(source, target, options).run(reference);
}

class Copy {
  readonly #source: Repository;
  readonly #target: CopyTarget;
  readonly #options: CopyOptions;
  readonly #copied = new Set<string>();

  constructor(source: Repository, target: CopyTarget, options: CopyOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  async run(reference: string): Promise<string> {
    const { platform, signal, hasReferrers } = this.#options;
    const image = await readRemoteImage(this.#source, reference, { platform, signal });
    const { digest } = image.manifest;
    await this.#image(image, this.#target.tags.length > 0 ? this.#target.tags : [digest], false);
    if (hasReferrers) for (const { manifest } of inPushOrder(image)) await this.#referrersOf(manifest.digest);
    return digest;
  }

  /** @param references what to put the root under. */
  async #image(image: RemoteImage, references: readonly string[], isReferrer: boolean): Promise<void> {
    const manifests = inPushOrder(image);
    const missing: RemoteImage[] = [];
    for (const part of manifests) if (!(await this.#isThere(part))) missing.push(part);
    await this.#blobs(missing.flatMap(blobsOf));
    for (const part of missing) if (part !== image) await this.#put(part, part.manifest.digest, isReferrer);
    for (const reference of references) await this.#put(image, reference, isReferrer);
  }

  /** A registry that has a manifest has all of its blobs. */
  async #isThere({ manifest }: RemoteImage): Promise<boolean> {
    const { client, repository } = this.#target;
    return client.hasManifest(repository, manifest.digest, { signal: this.#options.signal });
  }

  async #put({ manifest, parsed }: RemoteImage, reference: string, isReferrer: boolean): Promise<void> {
    const { client, repository } = this.#target;
    const { signal, onEvent } = this.#options;
    const { digest, mediaType } = manifest;
    const { subject } = await client.putManifest(repository, reference, manifest, { signal });
    this.#copied.add(digest);
    if (parsed.subject && subject === undefined) {
      await addReferrerByTag(client, repository, parsed.subject.digest, describeReferrer(manifest), { signal });
    }
    onEvent?.({ kind: "manifest", digest, mediaType, isReferrer });
  }

  async #blobs(blobs: readonly Descriptor[]): Promise<void> {
    const { jobs = DEFAULT_JOBS, signal, onEvent } = this.#options;
    const distinct = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
    for (const blob of distinct) onEvent?.({ kind: "blob", blob, state: "waiting", done: 0 });
    await runAll(distinct, { jobs, signal }, (blob, stop) => this.#blob(blob, stop));
  }

  async #blob(blob: Descriptor, signal: AbortSignal): Promise<void> {
    const { client, repository } = this.#target;
    const { limits, onEvent } = this.#options;
    const { digest, size } = blob;
    const isSame = this.#source.client.url.origin === client.url.origin;
    const onProgress = ({ acknowledged }: UploadProgress) => {
      onEvent?.({ kind: "blob", blob, state: "sending", done: acknowledged });
    };
    const open = () => downloadBlob(this.#source.client, this.#source.repository, { digest, size }, { signal });
    const { outcome } = await uploadBlob(
      { client, repository, signal, onProgress },
      { source: { open }, digest, size, mountFrom: isSame ? this.#source.repository : repository },
      limits,
    );
    onEvent?.({ kind: "blob", blob, state: outcome === "present" ? "present" : "sent", done: size });
  }

  async #referrersOf(digest: string): Promise<void> {
    const { signal } = this.#options;
    const { client, repository } = this.#source;
    for (const referrer of await listReferrers(client, repository, digest, { signal })) {
      if (this.#copied.has(referrer.digest)) continue;
      const image = await readRemoteImage(this.#source, referrer.digest, { signal });
      await this.#image(image, [referrer.digest], true);
      await this.#referrersOf(referrer.digest);
    }
    for (const tag of cosignTagsOf(digest)) {
      if (!(await client.hasManifest(repository, tag, { signal }))) continue;
      await this.#image(await readRemoteImage(this.#source, tag, { signal }), [tag], true);
    }
  }
}
