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
  #manifests: Promise<ManifestOrigin> | undefined;
  #referrers: Promise<ReferrersOrigin> | undefined;
  #blob: Promise<BlobOrigin> | undefined;

  /** What a tag leads to upstream, or a manifest from there. */
  async manifest(ask: ManifestAsk): Promise<ManifestAnswer> {
    this.#manifests ??= import("./registry/upstreams/manifest-origin.ts").then(
      ({ ManifestOrigin: Origin }) => new Origin(ask),
    );
    return (await this.#manifests).resolve(openStores(this.env), ask);
  }

  /** What refers to a manifest upstream. */
  async referrers(ask: ReferrersAsk): Promise<ReferrersAnswer> {
    this.#referrers ??= import("./registry/upstreams/referrers-origin.ts").then(
      ({ ReferrersOrigin: Origin }) => new Origin(ask),
    );
    return (await this.#referrers).list(openStores(this.env), ask);
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

  #blobOrigin(ask: BlobAsk): Promise<BlobOrigin> {
    this.#blob ??= import("./registry/upstreams/blob-origin.ts").then(
      ({ BlobOrigin: Origin }) => new Origin(ask, (work) => this.ctx.waitUntil(work)),
    );
    return this.#blob;
  }
}
