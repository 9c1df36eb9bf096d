/** Manifests of one image that come from elsewhere: what a tag leads to there, and the manifests themselves. */
import { requireDocumentMemory, withDocuments } from "../../documents.ts";
import { readLimited } from "../../client/bytes.ts";
import { ContentMismatch } from "../../client/errors.ts";
import { algorithmOf, type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_MANIFEST_BYTES } from "../../kernel/limits.ts";
import { parseManifest } from "../../kernel/manifest.ts";
import { readManifestContent } from "../../kernel/manifest-content.ts";
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isManifestMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../kernel/media-types.ts";
import type { Tag } from "../../kernel/reference.ts";
import { digestOf } from "../../model/hash.ts";
import {
  type FetchedManifest,
  type Keeping,
  keepManifest,
  moveCachedTag,
  noteTagCheck,
  type OwnedImage,
  type Puller,
} from "../../storage/upstreams/cached-content.ts";
import type { Stores } from "../../storage/stores.ts";
import { settleNow } from "../content/companions.ts";
import { decodeManifest, requireShortAnnotations } from "../content/push-manifest.ts";
import type { ManifestAnswer, ManifestAsk } from "./upstream-contract.ts";
import { type OriginImage, UpstreamRequests } from "./upstream-requests.ts";

const ACCEPTED = [OCI_INDEX, OCI_MANIFEST, DOCKER_MANIFEST_LIST, DOCKER_MANIFEST].join(", ");
/** How long upstream may take: less where there is something to serve in its place. */
const PATIENCE_MS = 25_000;
const PATIENCE_WITH_COPY_MS = 5000;
/** For how long an answer that changes nothing here is given again: clients ask for what is not there again and again. */
const BELIEVED_MS = { missing: 30_000, failed: 10_000, described: 10_000 };
/** How many of them are remembered. */
const MAX_REMEMBERED = 200;

/** What there is at upstream under a name. */
interface Description {
  digest: Digest;
  mediaType: string;
  size: number;
}

/** One image's. A Durable Object has it, so that what is asked for at the same time is asked for once. */
export class ManifestOrigin {
  readonly #requests: UpstreamRequests;
  readonly #running = new Map<string, Promise<ManifestAnswer>>();
  readonly #remembered = new Map<string, { tag: Tag | undefined; answer: ManifestAnswer; until: number }>();

  constructor(ask: ManifestAsk) {
    this.#requests = new UpstreamRequests(ask);
  }

  /** Finds out what a tag leads to upstream, or gets a manifest from there, and keeps it. */
  async resolve(stores: Stores, ask: ManifestAsk): Promise<ManifestAnswer> {
    const key = JSON.stringify([ask.reference, ask.known, ask.isPull]);
    const remembered = this.#remembered.get(key);
    if (remembered && remembered.until > Date.now()) return remembered.answer;
    let running = this.#running.get(key);
    if (!running) {
      running = this.#resolve(stores, ask).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  async #resolve(stores: Stores, ask: ManifestAsk): Promise<ManifestAnswer> {
    const answer = await this.#attempt(stores, ask);
    const believedMs =
      answer.outcome === "refused"
        ? answer.isGone
          ? BELIEVED_MS.missing
          : BELIEVED_MS.failed
        : answer.outcome === "described"
          ? BELIEVED_MS.described
          : 0;
    if (believedMs > 0) {
      const [oldest] = this.#remembered.keys();
      if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
      const key = JSON.stringify([ask.reference, ask.known, ask.isPull]);
      this.#remembered.delete(key);
      const tag = isDigest(ask.reference) ? undefined : ask.reference;
      this.#remembered.set(key, { tag, answer, until: Date.now() + believedMs });
    }
    return answer;
  }

  async #attempt(stores: Stores, ask: ManifestAsk): Promise<ManifestAnswer> {
    const { reference, known, isPull } = ask;
    const signal = AbortSignal.timeout(known === undefined ? PATIENCE_MS : PATIENCE_WITH_COPY_MS);
    const what = `${ask.repository}${isDigest(reference) ? "@" : ":"}${reference}`;
    try {
      const image = await this.#requests.open(stores);
      if (isDigest(reference)) {
        const described = isPull ? undefined : await this.#describe(stores, image, reference, signal);
        if (described) return { outcome: "described", ...described };
        const answer = await withDocuments(async (memory) => {
          const fetched = await this.#fetch(stores, image, reference, { signal, memory });
          return this.#keep(stores, ask, image, fetched, undefined);
        });
        if (answer.outcome === "kept") await this.#leadTagTo(stores, ask, image, reference);
        return answer;
      }
      // Docker Hub does not count HEAD. Where nothing is here, a pull needs the whole of it anyway.
      const described =
        known !== undefined || !isPull ? await this.#describe(stores, image, reference, signal) : undefined;
      if (described) {
        if (described.digest === known) {
          await noteTagCheck(stores.db, ask, reference, isPull);
          return { outcome: "current" };
        }
        const moved = await moveCachedTag(
          stores.db,
          placeOf(ask, image),
          reference,
          described.digest,
          pullerOf(ask, image),
        );
        const answer = moved && (await this.#answerOf(stores, ask, image, moved, described.digest, reference));
        if (answer) return answer;
        if (!isPull) return { outcome: "described", ...described };
      }
      return await withDocuments(async (memory) => {
        const fetched = await this.#fetch(stores, image, described?.digest ?? reference, { signal, memory });
        return this.#keep(stores, ask, image, fetched, reference);
      });
    } catch (error) {
      return this.#requests.refuse(stores, error, what, "MANIFEST_UNKNOWN");
    }
  }

  /**
   * Points a tag to a manifest that was just fetched by its digest, if a client asked for the tag by HEAD shortly before. docker and
   * containerd pull tags in these two requests. Without the tag, their next pull would fail while upstream is down.
   */
  async #leadTagTo(stores: Stores, ask: ManifestAsk, image: OriginImage, digest: Digest): Promise<void> {
    const tag = this.#tagDescribedAs(digest);
    if (tag === undefined) return;
    const moved = await moveCachedTag(stores.db, placeOf(ask, image), tag, digest, pullerOf(ask, image));
    if (moved) await this.#answerOf(stores, ask, image, moved, digest, tag);
  }

  #tagDescribedAs(digest: Digest): Tag | undefined {
    for (const { tag, answer, until } of this.#remembered.values()) {
      if (answer.outcome === "described" && answer.digest === digest && Date.now() < until && tag) return tag;
    }
    return undefined;
  }

  /** @returns undefined when upstream does not tell the digest without the manifest, which it need not. */
  async #describe(
    stores: Stores,
    image: OriginImage,
    reference: string,
    signal: AbortSignal,
  ): Promise<Description | undefined> {
    const request = { method: "HEAD", url: manifestPath(image, reference), headers: { Accept: ACCEPTED }, signal };
    return this.#requests.send(stores, image, request, ({ headers }) => {
      const digest = headers.get("Docker-Content-Digest") ?? "";
      const mediaType = typeOf(headers);
      const size = Number(headers.get("Content-Length") ?? Number.NaN);
      if (!isDigest(digest) || !isManifestMediaType(mediaType) || !Number.isSafeInteger(size)) return undefined;
      return { digest, mediaType, size };
    });
  }

  /** Gets a manifest whole, and checks its digest. */
  async #fetch(
    stores: Stores,
    image: OriginImage,
    reference: string,
    { signal, memory }: { signal: AbortSignal; memory: Parameters<typeof requireDocumentMemory>[0] },
  ): Promise<FetchedManifest> {
    const request = { method: "GET", url: manifestPath(image, reference), headers: { Accept: ACCEPTED }, signal };
    return this.#requests.send(stores, image, request, async ({ headers, body }) => {
      await requireDocumentMemory(memory, Number(headers.get("Content-Length") ?? MAX_MANIFEST_BYTES));
      const bytes = await readLimited(body, MAX_MANIFEST_BYTES, () => {
        return new RegistryError("MANIFEST_TOO_LARGE", `it has more than ${MAX_MANIFEST_BYTES} bytes`);
      });
      const header = headers.get("Docker-Content-Digest") ?? "";
      const expected = isDigest(reference) ? reference : isDigest(header) ? header : undefined;
      const digest = digestOf(bytes, expected === undefined ? "sha256" : algorithmOf(expected));
      if (expected !== undefined && digest !== expected) {
        throw new ContentMismatch(`the manifest has the digest ${digest} in place of ${expected}`);
      }
      const text = decodeManifest(bytes);
      const type = typeOf(headers);
      const manifest = parseManifest(text, isManifestMediaType(type) ? type : undefined);
      requireShortAnnotations(manifest);
      const { config, layers, manifests } = readManifestContent(text);
      const named = [...(config ? [config] : []), ...(layers ?? []), ...(manifests ?? [])];
      const sizes = new Map(named.map((descriptor) => [descriptor.digest, descriptor.size]));
      return { digest, text, size: bytes.byteLength, manifest, sizes };
    });
  }

  async #keep(
    stores: Stores,
    ask: ManifestAsk,
    image: OriginImage,
    fetched: FetchedManifest,
    tag: Tag | undefined,
  ): Promise<ManifestAnswer> {
    const keeping = await keepManifest(stores.db, placeOf(ask, image), fetched, tag, pullerOf(ask, image));
    const answer = await this.#answerOf(stores, ask, image, keeping, fetched.digest, tag);
    if (answer) return answer;
    const { digest, size, text, manifest } = fetched;
    return { outcome: "passed-on", digest, mediaType: manifest.mediaType, size, text };
  }

  /** @returns undefined when it was not kept. */
  async #answerOf(
    { db }: Stores,
    ask: ManifestAsk,
    { upstream }: OriginImage,
    keeping: Keeping,
    digest: Digest,
    tag: Tag | undefined,
  ): Promise<ManifestAnswer | undefined> {
    if (keeping.outcome === "kept") {
      const { repositoryId: id, unsettled } = keeping;
      await settleNow(db, { id, name: ask.repository, accountId: upstream.remote.accountId }, unsettled);
      return { outcome: "kept", digest };
    }
    if (keeping.outcome === "tag-immutable" && tag !== undefined && ask.known !== undefined) {
      await noteTagCheck(db, ask, tag, ask.isPull);
      return { outcome: "current" };
    }
    return undefined;
  }
}

function placeOf(ask: ManifestAsk, { upstream }: OriginImage): OwnedImage {
  const { repository, organizationId } = ask;
  return { repository, organizationId, organization: upstream.organization, accountId: upstream.remote.accountId };
}

function manifestPath({ name }: OriginImage, reference: string): string {
  return `/v2/${name}/manifests/${reference}`;
}

function typeOf(headers: Headers): string {
  return headers.get("Content-Type")?.split(";", 1)[0]?.trim() ?? "";
}

/** Only those of the organization's own account are told of in its audit and history. */
function pullerOf({ user }: ManifestAsk, { upstream }: OriginImage): Puller {
  if (!user || user.accountId !== upstream.remote.accountId) return { recorded: undefined, userId: null };
  const { id, name, accountId, address } = user;
  return { recorded: { user: { id, name, accountId }, address }, userId: id };
}
