/**
 * docker's own requests in docker's own order, as its sources have them (moby: distribution/push_v2.go, pull_v2.go, and the client of
 * distribution that they use): five layers at a time up, three down. Without a daemon, which could not be told to forget.
 */
import { randomUUID } from "node:crypto";
import { Connection, type Answer, type Request } from "./client.ts";
import { textLayer, type Layer } from "./layers.ts";
import type { Server } from "./servers.ts";
import { MANIFEST_TYPE, manifestOf } from "./stores.ts";

/** docker's `max-concurrent-uploads` and `max-concurrent-downloads`. */
const UPLOADS = 5;
const DOWNLOADS = 3;

/** An image as docker has it before a push. */
export interface LocalImage {
  config: Layer;
  layers: readonly Layer[];
  manifest: string;
}

/** The image of layers. */
export function localImage(layers: readonly Layer[]): LocalImage {
  const config = textLayer(JSON.stringify({ architecture: "amd64", os: "linux", author: randomUUID() }));
  return { config, layers, manifest: manifestOf(config, layers) };
}

/** A docker that has just been started. */
export class DockerClient {
  readonly #server: Server;
  readonly #free: Connection[] = [];
  #token: string | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  /** `docker login`: a token for nothing in particular, and one to keep in place of the password. */
  async login(): Promise<void> {
    await this.#expect(401, { method: "GET", path: "/v2/" });
    await this.#authenticate("offline_token=true&client_id=docker");
    await this.#succeed({ method: "GET", path: "/v2/" });
  }

  /**
   * `docker push`.
   *
   * @param pushed layers that docker remembers to have pushed there: it asks for these before it sends them.
   */
  async push(name: string, { config, layers, manifest }: LocalImage, pushed: readonly Layer[] = []): Promise<void> {
    await this.#begin(`repository:${name}:pull,push`);
    await inLanes(UPLOADS, layers, async (layer) => {
      if (pushed.includes(layer) && (await this.#has(name, layer))) return;
      await this.#upload(name, layer);
    });
    if (!(await this.#has(name, config))) await this.#upload(name, config);
    const bytes = Buffer.from(manifest);
    await this.#succeed({
      method: "PUT",
      path: `/v2/${name}/manifests/latest`,
      headers: { "Content-Type": MANIFEST_TYPE },
      body: { length: bytes.length, pieces: () => [bytes] },
    });
  }

  /** `docker pull` of an image of which nothing is there. */
  async pull(name: string): Promise<void> {
    await this.#begin(`repository:${name}:pull`);
    const { headers } = await this.headManifest(name);
    const digest = headers.get("docker-content-digest") ?? "";
    const accept = { Accept: MANIFEST_TYPE };
    const request = { method: "GET", path: `/v2/${name}/manifests/${digest}`, headers: accept, keepsBody: true };
    const { body } = await this.#succeed(request);
    const { config, layers } = JSON.parse(body.toString()) as Record<"config", Layer> & Record<"layers", Layer[]>;
    await Promise.all([
      this.#download(name, config),
      inLanes(DOWNLOADS, layers, (layer) => this.#download(name, layer)),
    ]);
  }

  /** What Flux, Keel and Renovate ask for again and again, with a token that they have. */
  async headManifest(name: string): Promise<Answer> {
    return this.#succeed({ method: "HEAD", path: `/v2/${name}/manifests/latest`, headers: { Accept: MANIFEST_TYPE } });
  }

  /** Everything before the first request that needs a token. */
  async begin(name: string): Promise<void> {
    await this.#begin(`repository:${name}:pull`);
  }

  close(): void {
    for (const connection of this.#free) connection.close();
  }

  async #begin(scope: string): Promise<void> {
    this.#token = undefined;
    await this.#expect(401, { method: "GET", path: "/v2/" });
    await this.#authenticate(`scope=${scope}`);
  }

  async #authenticate(query: string): Promise<void> {
    const basic = Buffer.from(`admin:${this.#server.password}`).toString("base64");
    const path = `/token?account=admin&service=${new URL(this.#server.url).host}&${query}`;
    const headers = { Authorization: `Basic ${basic}` };
    const { body } = await this.#expect(200, { method: "GET", path, headers, keepsBody: true });
    this.#token = (JSON.parse(body.toString()) as { token: string }).token;
  }

  async #has(name: string, { digest }: Layer): Promise<boolean> {
    const { status } = await this.#request({ method: "HEAD", path: `/v2/${name}/blobs/${digest}` });
    return status === 200;
  }

  async #upload(name: string, layer: Layer): Promise<void> {
    const opened = await this.#succeed({ method: "POST", path: `/v2/${name}/blobs/uploads/` });
    const type = { "Content-Type": "application/octet-stream" };
    const body = { pieces: layer.chunked };
    const sent = await this.#succeed({ method: "PATCH", path: this.#locationOf(opened), headers: type, body });
    const path = this.#locationOf(sent);
    await this.#succeed({ method: "PUT", path: `${path}${path.includes("?") ? "&" : "?"}digest=${layer.digest}` });
    // docker looks at what it has pushed.
    if (!(await this.#has(name, layer))) throw new Error(`${layer.digest} was pushed and is not there`);
  }

  async #download(name: string, { digest, size }: Pick<Layer, "digest" | "size">): Promise<void> {
    const answer = await this.#succeed({ method: "GET", path: `/v2/${name}/blobs/${digest}` });
    if (answer.size !== size) throw new Error(`a pull gave ${answer.size} bytes of ${size}`);
  }

  #locationOf({ headers }: Answer): string {
    const { pathname, search } = new URL(headers.get("location") ?? "", this.#server.url);
    return pathname + search;
  }

  async #succeed(request: Request): Promise<Answer> {
    const answer = await this.#request({ keepsBody: request.method !== "GET", ...request });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Error(`${request.method} ${request.path} answered ${answer.status}: ${answer.body.toString()}`);
  }

  async #expect(status: number, request: Request): Promise<Answer> {
    const answer = await this.#request(request);
    if (answer.status !== status) throw new Error(`${request.method} ${request.path} answered ${answer.status}`);
    return answer;
  }

  async #request(request: Request): Promise<Answer> {
    const connection = this.#free.pop() ?? (await Connection.open(this.#server.url));
    const token = this.#token === undefined ? undefined : { Authorization: `Bearer ${this.#token}` };
    const answer = await connection.request({ ...request, headers: { ...token, ...request.headers } });
    this.#free.push(connection);
    return answer;
  }
}

/** Does something with all items, some at a time. */
async function inLanes<T>(lanes: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
