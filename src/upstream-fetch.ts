import { DurableObject } from "cloudflare:workers";
import type { Env } from "./env.ts";
import type { BlobOrigin } from "./registry/upstreams/blob-origin.ts";
import type { ManifestOrigin } from "./registry/upstreams/manifest-origin.ts";
import type { ReferrersOrigin } from "./registry/upstreams/referrers-origin.ts";
import type {
  BlobAnswer,
  BlobAsk,
  ManifestAnswer,
  ManifestAsk,
  ReferrersAnswer,
  ReferrersAsk,
} from "./registry/upstreams/upstream-contract.ts";
import { openStores } from "./registry/stores.ts";

/**
 * Asks a registry elsewhere for the manifests of one image, or for one of its blobs: a Durable Object, so that there is exactly one
 * who asks, however many clients want the same at once. It stores nothing: whatever it knows can be asked for again. What it does
 * is loaded when somebody calls it (ADR 0028).
 */
export class UpstreamFetch extends DurableObject<Env> {
  #manifests: ManifestOrigin | undefined;
  #referrers: ReferrersOrigin | undefined;
  #blob: BlobOrigin | undefined;

  /** What a tag leads to upstream, or a manifest from there. */
  async manifest(ask: ManifestAsk): Promise<ManifestAnswer> {
    const { ManifestOrigin: Origin } = await import("./registry/upstreams/manifest-origin.ts");
    this.#manifests ??= new Origin(ask);
    return this.#manifests.resolve(openStores(this.env), ask);
  }

  /** What refers to a manifest upstream. */
  async referrers(ask: ReferrersAsk): Promise<ReferrersAnswer> {
    const { ReferrersOrigin: Origin } = await import("./registry/upstreams/referrers-origin.ts");
    this.#referrers ??= new Origin(ask);
    return this.#referrers.list(openStores(this.env), ask);
  }

  /** How many bytes a blob has upstream. */
  async blob(ask: BlobAsk): Promise<BlobAnswer> {
    return (await this.#blobOrigin(ask)).describe(openStores(this.env), ask);
  }

  /** Answers with bytes of a blob, as `ASK_HEADER` says. */
  override async fetch(request: Request): Promise<Response> {
    const { answerBlob, readBlobAsk } = await import("./registry/upstreams/blob-answer.ts");
    const ask = readBlobAsk(request);
    return answerBlob(openStores(this.env), await this.#blobOrigin(ask), ask);
  }

  async #blobOrigin(ask: BlobAsk): Promise<BlobOrigin> {
    const { BlobOrigin: Origin } = await import("./registry/upstreams/blob-origin.ts");
    return (this.#blob ??= new Origin(ask, (work) => this.ctx.waitUntil(work)));
  }
}
