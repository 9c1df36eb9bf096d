/**
 * A stand-in for Docker Hub that restates what its documentation says: tokens of another server for one repository each, HEAD that does
 * not count as a pull, `RateLimit` headers, 429 in its words, and blobs that are at yet another server.
 */
import { vi } from "vitest";
import { digestOf, OCI_INDEX, OCI_MANIFEST, someBytes } from "./registry-requests.ts";

export const HUB = "https://registry-1.docker.io";
const TOKENS = "https://auth.docker.io/token";
const STORE = "https://production.cloudflare.docker.com";
const LIMIT = 100;
const LIMIT_WINDOW_S = 21_600;
export const LIMIT_WORDS =
  "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";

type Bytes = Uint8Array<ArrayBuffer>;

export interface HubImage {
  index: { digest: string; text: string };
  /** One for each platform. */
  manifests: { digest: string; text: string; config: HubBlob; layers: HubBlob[] }[];
}

export interface HubBlob {
  digest: string;
  bytes: Bytes;
}

/** A request that reached it. */
export interface HubRequest {
  method: string;
  /** `/v2/library/nginx/manifests/1`, or the whole address where it is another server's. */
  path: string;
  authorization: string | null;
  accept: string | null;
}

export class DockerHub {
  readonly requests: HubRequest[] = [];
  /** How many pulls are left. */
  remaining = LIMIT;
  /** What answers in place of all else, if set. */
  instead: ((request: Request) => Response | Promise<Response> | undefined) | undefined;
  /** Makes the body of a blob; by default the bytes in one piece. */
  bodyOf: (blob: HubBlob) => BodyInit = ({ bytes }) => bytes;
  readonly #manifests = new Map<string, { text: string; type: string }>();
  readonly #blobs = new Map<string, HubBlob>();
  readonly #tags = new Map<string, string>();

  /** Takes the place of `fetch`, until mocks are restored. */
  listen(): this {
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => this.#answer(new Request(input, init)));
    return this;
  }

  /** Stores an image for each platform, and an index of them under a tag. */
  push(
    repository: string,
    tag: string,
    { platforms = ["amd64", "arm64"], layers = [someBytes()] }: { platforms?: string[]; layers?: Bytes[] } = {},
  ): HubImage {
    const manifests = platforms.map((architecture) => {
      const config = this.addBlob(encode(JSON.stringify({ os: "linux", architecture, id: tag })));
      const blobs = layers.map((bytes) => this.addBlob(bytes));
      const text = JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...describe(config) },
        layers: blobs.map((blob) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...describe(blob) })),
      });
      return { digest: this.addManifest(repository, text, OCI_MANIFEST), text, config, layers: blobs };
    });
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: manifests.map((manifest, at) => ({
        mediaType: OCI_MANIFEST,
        digest: manifest.digest,
        size: manifest.text.length,
        platform: { os: "linux", architecture: platforms[at] },
      })),
    });
    const digest = this.addManifest(repository, text, OCI_INDEX);
    this.tag(repository, tag, digest);
    return { index: { digest, text }, manifests };
  }

  addBlob(bytes: Bytes): HubBlob {
    const blob = { digest: digestOf(bytes), bytes };
    this.#blobs.set(blob.digest, blob);
    return blob;
  }

  addManifest(repository: string, text: string, type: string): string {
    const digest = digestOf(text);
    this.#manifests.set(`${repository}@${digest}`, { text, type });
    return digest;
  }

  tag(repository: string, tag: string, digest: string): void {
    this.#tags.set(`${repository}:${tag}`, digest);
  }

  untag(repository: string, tag: string): void {
    this.#tags.delete(`${repository}:${tag}`);
  }

  /** What was asked for, without tokens: `GET /v2/library/nginx/manifests/1`. */
  get asked(): string[] {
    return this.requests
      .filter(({ path, authorization }) => path.startsWith("/v2/") && authorization !== null)
      .map(({ method, path }) => `${method} ${path}`);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const { pathname, origin } = url;
    const { method, headers } = request;
    const path = origin === HUB ? pathname : request.url;
    this.requests.push({ method, path, authorization: headers.get("Authorization"), accept: headers.get("Accept") });
    const special = await this.instead?.(request);
    if (special) return special;
    if (request.url.startsWith(TOKENS)) return this.#giveToken(url);
    if (origin === STORE) return this.#giveBytes(pathname.slice(1));
    if (origin !== HUB) return new Response("nobody is here", { status: 404 });
    const [, repository = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (headers.get("Authorization") !== `Bearer token for repository:${repository}:pull`) return challenge(repository);
    return kind === "blobs" ? this.#redirect(reference) : this.#giveManifest(method, repository, reference);
  }

  #giveToken({ searchParams }: URL): Response {
    if (searchParams.get("service") !== "registry.docker.io") return new Response(null, { status: 400 });
    const token = `token for ${searchParams.get("scope")}`;
    return Response.json({ token, access_token: token, expires_in: 300, issued_at: new Date().toISOString() });
  }

  #giveManifest(method: string, repository: string, reference: string): Response {
    const digest = this.#tags.get(`${repository}:${reference}`) ?? reference;
    const manifest = this.#manifests.get(`${repository}@${digest}`);
    const limits = () => ({
      "ratelimit-limit": `${LIMIT};w=${LIMIT_WINDOW_S}`,
      "ratelimit-remaining": `${this.remaining};w=${LIMIT_WINDOW_S}`,
      "docker-ratelimit-source": "192.0.2.1",
    });
    if (!manifest) return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (method === "GET") {
      if (this.remaining === 0)
        return refusal(429, "TOOMANYREQUESTS", LIMIT_WORDS, { ...limits(), "retry-after": "120" });
      this.remaining -= 1;
    }
    const { text, type } = manifest;
    const length = String(new TextEncoder().encode(text).byteLength);
    const headers = { ...limits(), "content-type": type, "docker-content-digest": digest, "content-length": length };
    return new Response(method === "HEAD" ? null : text, { headers });
  }

  #redirect(digest: string): Response {
    if (!this.#blobs.has(digest)) return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
    return new Response(null, { status: 307, headers: { location: `${STORE}/${digest}?signature=secret` } });
  }

  #giveBytes(digest: string): Response {
    const blob = this.#blobs.get(digest);
    if (!blob) return new Response(null, { status: 404 });
    return new Response(this.bodyOf(blob), { headers: { "content-length": String(blob.bytes.byteLength) } });
  }
}

function describe({ digest, bytes }: HubBlob) {
  return { digest, size: bytes.byteLength };
}

function challenge(repository: string): Response {
  const parameters = `realm="${TOKENS}",service="registry.docker.io",scope="repository:${repository}:pull"`;
  return refusal(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": `Bearer ${parameters}` });
}

function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ errors: [{ code, message, detail: null }] }, { status, headers });
}

function encode(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text));
}
