/** How bytes go into each server and out of it: the registries by the OCI distribution API, the bare Worker by PUT and GET. */
import { createHash } from "node:crypto";
import { Connection, type Answer, type Request } from "./client.ts";
import type { Layer } from "./layers.ts";
import type { Server } from "./servers.ts";

/**
 * How a layer is pushed: with its length in one PUT, as containerd does, or in a PATCH without length and an empty PUT,
 * as docker does.
 */
export type PushKind = "known length" | "streamed";

/** The requests that are compared one by one. */
export type SmallRequest =
  | "GET /v2/"
  | "HEAD manifest by tag"
  | "GET manifest by tag"
  | "HEAD manifest by digest"
  | "HEAD manifest by digest, to push"
  | "GET manifest by digest"
  | "HEAD blob"
  | "HEAD blob, to push"
  | "GET blob";

/** A small image, pushed before small requests are measured. */
export interface Image {
  layer: Layer;
  manifest: { digest: string; text: string };
}

/** A server seen as a place for layers. */
export interface Store {
  server: Server;
  /** To be called before each measurement: fetches a token if the server wants one, which lives for five minutes. */
  login: () => Promise<void>;
  push: (connection: Connection, layer: Layer, kind: PushKind) => Promise<void>;
  pull: (connection: Connection, layer: Layer) => Promise<void>;
  pushImage: (connection: Connection, image: Image) => Promise<void>;
  smallRequest: (kind: SmallRequest, image: Image) => Request;
}

export const REPOSITORY = "bench/image";
export const TAG = "latest";
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** Sends a request and insists on its success. */
export async function succeed(connection: Connection, request: Request): Promise<Answer> {
  const answer = await connection.request({ keepsBody: request.method !== "GET", ...request });
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(
    `${request.method} ${request.path} answered ${answer.status}: ${answer.body.toString().slice(0, 500)}`,
  );
}

/** The image of a layer, which is its configuration as well: registries do not look into it. */
export function imageOf(layer: Layer, others: readonly Layer[] = []): Image["manifest"] & { layers: readonly Layer[] } {
  const layers = [layer, ...others];
  const text = manifestOf(layer, layers);
  return { text, layers, digest: digestOf(text) };
}

/** The manifest of an image. */
export function manifestOf(config: Layer, layers: readonly Layer[]): string {
  const describe = (mediaType: string, { size, digest }: Layer) => ({ mediaType, digest, size });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((each) => describe("application/vnd.oci.image.layer.v1.tar+gzip", each)),
  });
}

/** Berth or docker-registry. */
export class RegistryStore implements Store {
  readonly server: Server;
  #authorization: Record<string, string> = {};
  /** With a token that allows no push, as clients have that pull. */
  #reading: Record<string, string> = {};

  constructor(server: Server) {
    this.server = server;
  }

  /** The headers that carry the token. */
  get authorization(): Readonly<Record<string, string>> {
    return this.#authorization;
  }

  async login(repositories: readonly string[] = [REPOSITORY]): Promise<void> {
    this.#authorization = await this.#tokenFor(repositories, "pull,push");
    this.#reading = await this.#tokenFor(repositories, "pull");
  }

  async #tokenFor(repositories: readonly string[], actions: string): Promise<Record<string, string>> {
    if (this.server.password === undefined) return {};
    const connection = await Connection.open(this.server.url);
    const scopes = repositories.map((name) => `&scope=repository:${name}:${actions}`).join("");
    const basic = Buffer.from(`admin:${this.server.password}`).toString("base64");
    const answer = await succeed(connection, {
      method: "GET",
      path: `/token?service=${new URL(this.server.url).host}${scopes}`,
      headers: { Authorization: `Basic ${basic}` },
      keepsBody: true,
    });
    connection.close();
    const { token } = JSON.parse(answer.body.toString()) as { token: string };
    return { Authorization: `Bearer ${token}` };
  }

  async push(connection: Connection, layer: Layer, kind: PushKind): Promise<void> {
    let location = await this.#send(connection, { method: "POST", path: `/v2/${REPOSITORY}/blobs/uploads/` });
    if (kind === "streamed") {
      location = await this.#send(connection, {
        method: "PATCH",
        path: location,
        ...octets({ pieces: layer.chunked }),
      });
    }
    const path = `${location}${location.includes("?") ? "&" : "?"}digest=${layer.digest}`;
    const body = kind === "streamed" ? {} : octets({ length: layer.size, pieces: layer.plain });
    await this.#send(connection, { method: "PUT", path, ...body });
  }

  async pull(connection: Connection, layer: Layer): Promise<void> {
    const path = `/v2/${REPOSITORY}/blobs/${layer.digest}`;
    const { size } = await succeed(connection, { method: "GET", path, headers: this.#authorization });
    if (size !== layer.size) throw new Error(`a pull gave ${size} bytes of ${layer.size}`);
  }

  async pushImage(connection: Connection, { layer, manifest }: Image): Promise<void> {
    await this.push(connection, layer, "known length");
    await this.putManifest(connection, manifest.text);
  }

  /** Pushes a manifest by tag. */
  async putManifest(connection: Connection, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await succeed(connection, {
      method: "PUT",
      path: `/v2/${REPOSITORY}/manifests/${TAG}`,
      headers: { ...this.#authorization, "Content-Type": MANIFEST_TYPE },
      body: { length: bytes.length, pieces: () => [bytes] },
    });
  }

  smallRequest(kind: SmallRequest, { layer, manifest }: Image): Request {
    const method = kind.startsWith("HEAD") ? "HEAD" : "GET";
    const headers = { ...(isToPush(kind) ? this.#authorization : this.#reading), Accept: MANIFEST_TYPE };
    if (kind === "GET /v2/") return { method, path: "/v2/", headers };
    if (kind.includes("blob")) return { method, path: `/v2/${REPOSITORY}/blobs/${layer.digest}`, headers };
    const reference = kind.endsWith("tag") ? TAG : manifest.digest;
    return { method, path: `/v2/${REPOSITORY}/manifests/${reference}`, headers };
  }

  async #send(connection: Connection, request: Request): Promise<string> {
    const headers = { ...this.#authorization, ...request.headers };
    const answer = await succeed(connection, { ...request, headers });
    const { pathname, search } = new URL(answer.headers.get("location") ?? "", this.server.url);
    return pathname + search;
  }
}

/** The floor, which has no tokens, and is told who asks. */
export class FloorStore extends RegistryStore {
  override smallRequest(kind: SmallRequest, image: Image): Request {
    const request = super.smallRequest(kind, image);
    return kind === "GET /v2/" || isToPush(kind) ? request : { ...request, path: `${request.path}?reader` };
  }
}

/** Whether it is asked before a push, which relies on the answer. */
function isToPush(kind: SmallRequest): boolean {
  return kind.endsWith("to push");
}

/** The bare Worker: a layer is one object, and so is a manifest. */
export class BareStore implements Store {
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  async login(): Promise<void> {}

  async push(connection: Connection, layer: Layer, kind: PushKind): Promise<void> {
    const body = kind === "streamed" ? { pieces: layer.chunked } : { length: layer.size, pieces: layer.plain };
    await succeed(connection, { method: "PUT", path: `/${layer.digest}`, ...octets(body) });
  }

  async pull(connection: Connection, layer: Layer): Promise<void> {
    const { size } = await succeed(connection, { method: "GET", path: `/${layer.digest}` });
    if (size !== layer.size) throw new Error(`a pull gave ${size} bytes of ${layer.size}`);
  }

  async pushImage(connection: Connection, { layer, manifest }: Image): Promise<void> {
    await this.push(connection, layer, "known length");
    const bytes = Buffer.from(manifest.text);
    const body = { length: bytes.length, pieces: () => [bytes] };
    await succeed(connection, { method: "PUT", path: `/${manifest.digest}`, body });
  }

  smallRequest(kind: SmallRequest, { layer, manifest }: Image): Request {
    if (kind === "GET /v2/") return { method: "GET", path: "/" };
    const key = kind.includes("blob") ? layer.digest : manifest.digest;
    return { method: kind.startsWith("HEAD") ? "HEAD" : "GET", path: `/${key}` };
  }
}

function octets(body: NonNullable<Request["body"]>): Pick<Request, "headers" | "body"> {
  return { headers: { "Content-Type": "application/octet-stream" }, body };
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
