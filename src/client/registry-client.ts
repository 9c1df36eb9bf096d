/**
 * A client for one registry (OCI distribution-spec, Docker token specification), for browsers and their workers, Node and
 * Workers alike. What takes several requests is beside it: `blob-download.ts`, `blob-upload.ts`, `referrers.ts`.
 */
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isManifestMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../kernel/media-types.ts";
import { type Authorizer, type Credentials, TokenAuthorizer } from "./authorization.ts";
import { type Bytes, readLimited } from "./bytes.ts";
import { parseChallenges } from "../kernel/challenge.ts";
import { readManifest } from "./descriptor.ts";
import { ContentMismatch, ProtocolViolation, RegistryRefusal } from "./errors.ts";
import { algorithmOf, isDigest } from "../kernel/digest.ts";
import { type CreateHash, createPortableHash, digestOf } from "./hash.ts";
import { type Fetch, type HttpRequest, HttpSender } from "./http.ts";
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from "./retry.ts";

export interface RegistryClientOptions {
  /** The registry's address, such as `https://registry.example.com`. */
  url: string | URL;
  /** Default: anonymous. */
  credentials?: Credentials | Authorizer;
  /** Default: the platform's. */
  fetch?: Fetch;
  retry?: Partial<RetryPolicy>;
  /** Default: portable, and slow; give that of `node:crypto` in Node. */
  createHash?: CreateHash;
}

/** A request below `/v2/` of this registry. */
export interface RegistryRequest extends Omit<HttpRequest, "url"> {
  /** A path of this registry, or an address that it has given. */
  url: string | URL;
  /** What a token must allow: see {@link pullScope} and {@link pushScope}. */
  scopes: readonly string[];
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** A manifest or index, exactly as the registry has it. */
export interface StoredManifest {
  mediaType: string;
  digest: string;
  bytes: Bytes;
}

/** OCI distribution-spec: registries take 4 MiB, and some more. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
const ACCEPTED_MANIFESTS = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST].join(", ");
/** A manifest's answer may wait for a batch over all it names. */
const MANIFEST_TIMEOUT_MS = 120_000;

export const pullScope = (repository: string) => `repository:${repository}:pull`;
export const pushScope = (repository: string) => `repository:${repository}:pull,push`;

export class RegistryClient {
  /** Without a path. */
  readonly url: URL;
  readonly createHash: CreateHash;
  readonly retry: RetryPolicy;
  readonly #sender: HttpSender;
  readonly #authorizer: Authorizer;

  constructor({ url, credentials, fetch, retry, createHash }: RegistryClientOptions) {
    this.url = new URL("/", url);
    this.createHash = createHash ?? createPortableHash;
    this.retry = { ...DEFAULT_RETRY_POLICY, ...retry };
    // Not the function itself: in browsers it refuses to be called as anything but `fetch`.
    this.#sender = new HttpSender(fetch ?? ((target, init) => globalThis.fetch(target, init)), this.retry);
    const given = credentials ?? { kind: "anonymous" };
    this.#authorizer = "authorize" in given ? given : new TokenAuthorizer(this.url, given, this.#sender);
  }

  /**
   * Sends a request with what authorizes it, renewed once when it is refused with 401, and reads the answer.
   *
   * @throws RegistryRefusal, NetworkLost, the signal's reason, and what `read` throws: see {@link HttpSender.send}.
   */
  async send<T>(request: RegistryRequest, read: (response: Response) => Promise<T> | T): Promise<T> {
    const url = new URL(request.url, this.url);
    const { scopes, signal } = request;
    // A registry may send uploads and downloads elsewhere; its tokens stay here.
    const isOwn = url.origin === this.url.origin;
    let authorization = isOwn ? await this.#authorizer.authorize({ scopes, signal }) : undefined;
    for (let isRenewed = false; ; isRenewed = true) {
      try {
        const headers = { ...request.headers, ...(authorization !== undefined && { Authorization: authorization }) };
        return await this.#sender.send({ ...request, url, headers }, read);
      } catch (error) {
        if (!isOwn || isRenewed || !(error instanceof RegistryRefusal) || error.status !== 401) throw error;
        const challenges = parseChallenges(error.headers.get("WWW-Authenticate"));
        const next = await this.#authorizer.authorize({ scopes, rejected: { authorization, challenges }, signal });
        if (next === undefined || next === authorization) throw error;
        authorization = next;
      }
    }
  }

  /**
   * Asks whether there is a registry that accepts the credentials (`GET /v2/`).
   *
   * @param attempts tries; a mistyped host is best told at once.
   */
  async check({ signal, attempts }: CallOptions & { attempts?: number } = {}): Promise<void> {
    await this.send({ method: "GET", url: "/v2/", scopes: [], signal, attempts }, async (response) => {
      await response.body?.cancel();
    });
  }

  /** The size of a blob in bytes; undefined when the repository has no such blob. */
  async findBlob(repository: string, digest: string, { signal }: CallOptions = {}): Promise<number | undefined> {
    const url = `/v2/${repository}/blobs/${digest}`;
    const request = { method: "HEAD", url, scopes: [pullScope(repository)], signal, expected: [404] };
    return this.send(request, ({ status, headers }) => {
      return status === 404 ? undefined : Number(headers.get("Content-Length") ?? 0);
    });
  }

  /**
   * Reads a manifest or index.
   *
   * @param reference a tag or a digest.
   * @returns undefined when there is none.
   * @throws ContentMismatch when the bytes are not those of the digest.
   */
  async findManifest(
    repository: string,
    reference: string,
    { signal }: CallOptions = {},
  ): Promise<StoredManifest | undefined> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const headers = { Accept: ACCEPTED_MANIFESTS };
    const request = { method: "GET", url, headers, scopes: [pullScope(repository)], signal, expected: [404] };
    return this.send({ ...request, timeoutMs: MANIFEST_TIMEOUT_MS }, async (response) => {
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      const bytes = await readLimited(response.body, MAX_MANIFEST_BYTES, () => {
        return new ProtocolViolation(`the manifest of ${repository} has more than ${MAX_MANIFEST_BYTES} bytes`);
      });
      const digest = this.#verifyManifest(bytes, reference, response.headers.get("Docker-Content-Digest"));
      return { mediaType: mediaTypeOf(response.headers, bytes), digest, bytes };
    });
  }

  #verifyManifest(bytes: Bytes, reference: string, header: string | null): string {
    const expected = isDigest(reference) ? reference : header && isDigest(header) ? header : undefined;
    const actual = digestOf(bytes, this.createHash, algorithmOf(expected ?? ""));
    if (expected !== undefined && actual !== expected) {
      throw new ContentMismatch(`the manifest ${reference} has the digest ${actual} in place of ${expected}`);
    }
    return actual;
  }

  /** Whether the repository has a manifest or index. */
  async hasManifest(repository: string, reference: string, { signal }: CallOptions = {}): Promise<boolean> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const headers = { Accept: ACCEPTED_MANIFESTS };
    const request = { method: "HEAD", url, headers, scopes: [pullScope(repository)], signal, expected: [404] };
    return this.send(request, ({ ok }) => ok);
  }

  /**
   * Asks for a manifest or index without its text.
   *
   * @returns its digest, undefined when there is none or the registry does not say, and the headers of the answer.
   */
  async headManifest(
    repository: string,
    reference: string,
    { signal }: CallOptions = {},
  ): Promise<{ isThere: boolean; digest: string | undefined; headers: Headers }> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const request = { method: "HEAD", url, scopes: [pullScope(repository)], signal, expected: [404] };
    return this.send({ ...request, headers: { Accept: ACCEPTED_MANIFESTS } }, ({ ok, headers }) => {
      const digest = headers.get("Docker-Content-Digest");
      return { isThere: ok, digest: ok && digest !== null && isDigest(digest) ? digest : undefined, headers };
    });
  }

  /** Deletes a tag, or a manifest by its digest. @returns whether there was one. */
  async deleteManifest(repository: string, reference: string, { signal }: CallOptions = {}): Promise<boolean> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const scopes = [`repository:${repository}:pull,push,delete`];
    return this.send({ method: "DELETE", url, scopes, signal, expected: [404] }, async ({ ok, body }) => {
      await body?.cancel();
      return ok;
    });
  }

  /** Whether a repository has a blob. @throws as {@link RegistryClient.send}. */
  async hasBlob(repository: string, digest: string, { signal }: CallOptions = {}): Promise<boolean> {
    const url = `/v2/${repository}/blobs/${digest}`;
    const request = { method: "HEAD", url, scopes: [pullScope(repository)], signal, expected: [404] };
    return this.send(request, ({ ok }) => ok);
  }

  /**
   * Stores a manifest or index under a tag or its digest.
   *
   * @param options.isNew whether to do so only if the reference is free, which a registry that knows no such condition does not
   * heed; others refuse it with 412.
   * @returns its digest, as the registry has computed it, and the digest of its subject when the registry lists it as a
   * referrer (OCI distribution-spec, "Pushing Manifests with Subject").
   * @throws ContentMismatch when the registry has stored something else.
   */
  async putManifest(
    repository: string,
    reference: string,
    { mediaType, bytes }: Pick<StoredManifest, "mediaType" | "bytes">,
    { signal, isNew = false }: CallOptions & { isNew?: boolean } = {},
  ): Promise<{ digest: string; subject: string | undefined }> {
    const url = `/v2/${repository}/manifests/${reference}`;
    const headers = { "Content-Type": mediaType, ...(isNew && { "If-None-Match": "*" }) };
    const request = { method: "PUT", url, headers, body: bytes, scopes: [pushScope(repository)], signal };
    return this.send({ ...request, timeoutMs: MANIFEST_TIMEOUT_MS }, async (response) => {
      await response.body?.cancel();
      const expected = isDigest(reference) ? reference : digestOf(bytes, this.createHash);
      const digest = response.headers.get("Docker-Content-Digest") ?? expected;
      if (algorithmOf(digest) === algorithmOf(expected) && digest !== expected) {
        throw new ContentMismatch(`the registry stored ${digest} in place of ${expected}`);
      }
      return { digest, subject: response.headers.get("OCI-Subject") ?? undefined };
    });
  }

  /** The tags of a repository, page by page; none when there is no such repository. */
  async *listTags(repository: string, { signal }: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    let url: string | URL | undefined = `/v2/${repository}/tags/list?n=1000`;
    while (url !== undefined) {
      const request: RegistryRequest = {
        method: "GET",
        url,
        scopes: [pullScope(repository)],
        signal,
        expected: [404],
      };
      const page: { tags: unknown; next: URL | undefined } = await this.send(request, async (response) => {
        const { tags } = response.ok ? ((await response.json()) as { tags?: unknown }) : { tags: [] };
        return { tags, next: nextPage(response.headers, new URL(request.url, this.url)) };
      });
      if (Array.isArray(page.tags)) yield* page.tags.filter((tag): tag is string => typeof tag === "string");
      url = page.next;
    }
  }
}

/** The address of the next page (RFC 8288, `rel="next"`), seen from this one; undefined on the last. */
export function nextPage(headers: Headers, page: URL): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get("Link") ?? "")?.[1];
  const next = target === undefined ? undefined : (URL.parse(target, page.href) ?? undefined);
  return next?.href === page.href ? undefined : next;
}

function mediaTypeOf(headers: Headers, bytes: Bytes): string {
  const type = headers.get("Content-Type")?.split(";", 1)[0]?.trim() ?? "";
  if (isManifestMediaType(type)) return type;
  // Servers of static files know no better than `application/json`.
  return readManifest(bytes)?.mediaType ?? type;
}
