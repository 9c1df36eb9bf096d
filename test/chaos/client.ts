/** A client that pushes, mounts, moves, deletes and restores at random, and writes down what it was promised. */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { MIB } from "../support/image-layouts.ts";
import { AUTHORIZATION, digestOf } from "../crash/upload-requests.ts";
import type { Random } from "../support/random.ts";
import type { Server } from "../support/server.ts";
import type { Journal, Target } from "./journal.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

export const ORGANIZATION = "chaos";
/** All clients move the same tag of this image. */
export const SHARED = `${ORGANIZATION}/shared`;
export const SHARED_TAG = "latest";
/** The tags that an aging rule leaves in a client's second image. */
export const KEPT_TAGS = 5;
/** Tags that a trigger tells of begin so. */
export const HOOKED = "hook-";
const TAGS = ["a", "b", "c", "d", "e", "f"];
/** A request that takes longer hangs. */
const PATIENCE_MS = 60_000;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** An upload that goes on after the registry was killed. */
interface OpenUpload {
  path: string;
  bytes: Buffer;
  /** Bytes that the registry has said it has. */
  safe: number;
}

const ACTIONS = {
  push: 10,
  pushIndex: 2,
  pushHooked: 2,
  pushShared: 3,
  pushAged: 4,
  setRule: 1,
  move: 4,
  deleteTag: 3,
  restore: 2,
  deleteManifest: 1,
  pushAndDeleteImage: 1,
  upload: 3,
  pull: 4,
  collect: 1,
} as const;

export class ChaosClient {
  readonly repository: string;
  /** Its tags age. */
  readonly aged: string;
  /** It comes and goes. */
  readonly passing: string;
  /** Tags of {@link aged} in the order in which they were pushed, and whether the push was acknowledged. */
  readonly agedPushes: { tag: string; digest: string; isSure: boolean }[] = [];
  /** What receivers must be told: `tag digest`. */
  readonly promisedEvents = new Set<string>();
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #peers: readonly string[];
  /** Blobs that it pushed, to mount and to push again. */
  readonly #blobs: Buffer[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  #upload: OpenUpload | undefined;
  #count = 0;

  constructor(name: string, peers: readonly string[], random: Random, journal: Journal) {
    this.repository = `${ORGANIZATION}/${name}`;
    this.aged = `${this.repository}-aged`;
    this.passing = `${this.repository}-passing`;
    this.#peers = peers.map((peer) => `${ORGANIZATION}/${peer}`);
    this.#random = random;
    this.#journal = journal;
  }

  /** Makes the image that it works on. */
  begin(server: Server): Promise<void> {
    return this.#push(server, { repository: this.repository, name: this.#random.pick(TAGS) });
  }

  /** Does one thing. @throws Error when the registry answers what it must not. */
  async act(server: Server): Promise<void> {
    const action = this.#random.weighted(ACTIONS);
    switch (action) {
      case "push":
        return this.#push(server, { repository: this.repository, name: this.#random.pick(TAGS) });
      case "pushIndex":
        return this.#pushIndex(server, { repository: this.repository, name: this.#random.pick(TAGS) });
      case "pushHooked":
        return this.#pushHooked(server);
      case "pushShared":
        return this.#push(server, { repository: SHARED, name: SHARED_TAG, isShared: true });
      case "pushAged":
        return this.#pushAged(server);
      case "setRule":
        return this.#setRule(server);
      case "move":
        return this.#move(server);
      case "deleteTag":
        return this.#deleteTag(server);
      case "restore":
        return this.#restore(server);
      case "deleteManifest":
        return this.#deleteManifest(server);
      case "pushAndDeleteImage":
        return this.#pushAndDeleteImage(server);
      case "upload":
        return this.#goOnUploading(server);
      case "pull":
        return this.#pull(server);
      case "collect":
        this.#journal.count((await this.#ask(server, "POST", "/api/garbage-collection", { dryRun: false }))?.status);
        return;
      default:
        return action satisfies never;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #push(server: Server, tag: Tag): Promise<void> {
    const manifest = await this.#makeImage(server, tag.repository);
    if (manifest) await this.#putManifest(server, tag, MANIFEST, manifest);
  }

  async #pushIndex(server: Server, tag: Tag): Promise<void> {
    const manifests: Descriptor[] = [];
    for (let count = 0; count < 2; count += 1) {
      const manifest = await this.#makeImage(server, tag.repository);
      if (!manifest) return;
      const digest = digestOf(manifest);
      const path = `/v2/${tag.repository}/manifests/${digest}`;
      const answer = await this.#send(server, "PUT", path, manifest, { "content-type": MANIFEST });
      if (!this.#journal.count(answer?.status)) return;
      manifests.push({ mediaType: MANIFEST, digest, size: manifest.byteLength });
    }
    await this.#putManifest(server, tag, INDEX, json({ schemaVersion: 2, mediaType: INDEX, manifests }));
  }

  async #pushHooked(server: Server): Promise<void> {
    const name = `${HOOKED}${this.#count}`;
    const manifest = await this.#makeImage(server, this.repository);
    if (!manifest) return;
    const status = await this.#putManifest(server, { repository: this.repository, name }, MANIFEST, manifest);
    if (status === 201) this.promisedEvents.add(`${name} ${digestOf(manifest)}`);
  }

  async #pushAged(server: Server): Promise<void> {
    const manifest = await this.#makeImage(server, this.aged);
    if (!manifest) return;
    const tag = `v${this.#count}`;
    const push = { tag, digest: digestOf(manifest), isSure: false };
    this.agedPushes.push(push);
    const status = await this.#putManifest(server, { repository: this.aged, name: tag }, MANIFEST, manifest);
    if (status === 201) push.isSure = true;
    else if (status !== undefined && status < 500) this.agedPushes.splice(this.agedPushes.indexOf(push), 1);
  }

  async #setRule(server: Server): Promise<void> {
    // From here on any tag but the newest may go, whatever becomes of the request.
    for (const { key } of this.#journal.tagsOf(this.aged)) this.#journal.allow(key, null);
    const rule = { kind: "tag_rule", amount: KEPT_TAGS };
    const answer = await this.#ask(server, "PUT", `${apiPath(this.aged)}/aging/rule`, rule);
    this.#journal.count(answer?.status);
  }

  /** Points a tag to what another tag of the image points to. */
  async #move(server: Server): Promise<void> {
    const [from, to] = [this.#random.pick(TAGS), this.#random.pick(TAGS)];
    const path = `/v2/${this.repository}/manifests/`;
    const source = await this.#send(server, "GET", path + from, undefined, { accept: `${MANIFEST}, ${INDEX}` });
    if (source?.status !== 200) return;
    const type = String(source.headers["content-type"]);
    await this.#putManifest(server, { repository: this.repository, name: to }, type, source.body);
  }

  async #deleteTag(server: Server): Promise<void> {
    const name = this.#random.pick(TAGS);
    await this.#journal.move({ repository: this.repository, name }, null, async () => {
      return (await this.#send(server, "DELETE", `/v2/${this.repository}/manifests/${name}`))?.status;
    });
  }

  async #restore(server: Server): Promise<void> {
    const tag = this.#random.pick(TAGS);
    const key = `${this.repository}:${tag}`;
    const before = this.#journal.possible(key);
    this.#journal.note({ begin: key, restore: true });
    const answer = await this.#ask(server, "POST", `${apiPath(this.repository)}/tags/${tag}/restore`);
    this.#journal.note({ end: key, restore: true, status: answer?.status });
    if (this.#journal.count(answer?.status) && answer) {
      const { digest } = JSON.parse(answer.body.toString()) as { digest: string };
      const history = this.#journal.historyOf(key);
      if (!history.has(digest)) throw new Error(`${key} was restored to ${digest}, which it never was`);
      this.#journal.settle(key, digest);
    } else if (answer === undefined || answer.status >= 500) {
      this.#journal.allow(key, ...before, ...this.#journal.historyOf(key));
    }
  }

  /** Deletes what a tag points to, and all tags that point there with it. */
  async #deleteManifest(server: Server): Promise<void> {
    const [digest] = this.#journal.possible(`${this.repository}:${this.#random.pick(TAGS)}`);
    if (!digest) return;
    const affected = this.#journal.tagsOf(this.repository).filter(({ possible }) => possible.has(digest));
    for (const { key } of affected) this.#journal.allow(key, null);
    this.#journal.note({ begin: `${this.repository}@${digest}`, target: null });
    const answer = await this.#send(server, "DELETE", `/v2/${this.repository}/manifests/${digest}`);
    this.#journal.note({ end: `${this.repository}@${digest}`, status: answer?.status });
    const isDone = this.#journal.count(answer?.status);
    for (const { key, possible } of affected) {
      if (isDone && possible.size === 1) this.#journal.settle(key, null);
      else if (answer && answer.status < 500 && possible.size === 1) this.#journal.settle(key, digest);
    }
  }

  async #pushAndDeleteImage(server: Server): Promise<void> {
    await this.#push(server, { repository: this.passing, name: "only" });
    const key = `${this.passing}:only`;
    this.#journal.allow(key, null);
    this.#journal.note({ begin: this.passing, target: null });
    const [organization, image = ""] = this.passing.split("/");
    const path = `/v2/manage/namespaces/${organization}/repos/${image}`;
    const answer = await this.#ask(server, "DELETE", path);
    this.#journal.note({ end: this.passing, status: answer?.status });
    if (this.#journal.count(answer?.status)) this.#journal.settle(key, null);
  }

  /** Opens an upload, adds a chunk to the one that is open, or closes it. */
  async #goOnUploading(server: Server): Promise<void> {
    this.#upload ??= await this.#openUpload(server);
    const upload = this.#upload;
    if (!upload) return;
    const status = await this.#send(server, "GET", upload.path);
    if (status === undefined || status.status >= 500) return;
    if (status.status === 404) {
      // The image has gone, or the upload was closed by a request that nobody heard the answer of.
      this.#upload = undefined;
      return;
    }
    const offset = offsetIn(status);
    if (offset < upload.safe || offset > upload.bytes.byteLength) {
      throw new Error(`${upload.path} has ${offset} bytes, but ${upload.safe} were acknowledged`);
    }
    if (offset < upload.bytes.byteLength) {
      const chunk = upload.bytes.subarray(offset, offset + this.#random.below(6 * MIB) + 2);
      const headers = this.#random.below(2) === 0 ? {} : { "transfer-encoding": "chunked" };
      const patched = await this.#send(server, "PATCH", upload.path, chunk, headers);
      if (this.#journal.count(patched?.status) && patched) upload.safe = offsetIn(patched);
      return;
    }
    const digest = digestOf(upload.bytes);
    const closed = await this.#send(server, "PUT", `${upload.path}?digest=${digest}`);
    if (!this.#journal.count(closed?.status)) {
      if (closed && closed.status < 500)
        throw new Error(`closing ${upload.path}: ${closed.status} ${closed.body.toString()}`);
      return;
    }
    this.#upload = undefined;
    const pulled = await this.#send(server, "GET", `/v2/${this.repository}/blobs/${digest}`);
    if (pulled && pulled.status < 500 && digestOf(pulled.body) !== digest) {
      throw new Error(`blob ${digest} was acknowledged, and is answered ${pulled.status}`);
    }
  }

  async #openUpload(server: Server): Promise<OpenUpload | undefined> {
    const opened = await this.#send(server, "POST", `/v2/${this.repository}/blobs/uploads/`);
    if (!this.#journal.count(opened?.status) || typeof opened?.headers.location !== "string") return undefined;
    return { path: opened.headers.location, bytes: randomBytes(this.#random.below(14 * MIB) + 2), safe: 0 };
  }

  async #pull(server: Server): Promise<void> {
    const name = this.#random.pick(TAGS);
    const possible = this.#journal.possible(`${this.repository}:${name}`);
    const found = await this.resolve(server, this.repository, name);
    if (found !== undefined && !possible.has(found)) {
      throw new Error(`${this.repository}:${name} is ${found}, expected ${[...possible].join(" or ")}`);
    }
  }

  /** What a tag points to; undefined when there was no answer. */
  async resolve(server: Server, repository: string, tag: string): Promise<Target | undefined> {
    const answer = await this.#send(server, "HEAD", `/v2/${repository}/manifests/${tag}`, undefined, {
      accept: `${MANIFEST}, ${INDEX}`,
    });
    if (answer === undefined || answer.status >= 500) return undefined;
    return answer.status === 200 ? String(answer.headers["docker-content-digest"]) : null;
  }

  /** Pulls all that a manifest names. @throws Error naming what is missing or wrong. */
  async pullWhole(server: Server, repository: string, digest: string, seen: Set<string>): Promise<void> {
    if (seen.has(`${repository} ${digest}`)) return;
    const text = await this.#pullPart(server, `/v2/${repository}/manifests/${digest}`, digest);
    const {
      manifests = [],
      config,
      layers = [],
    } = JSON.parse(text.toString()) as {
      manifests?: Descriptor[];
      config?: Descriptor;
      layers?: Descriptor[];
    };
    for (const child of manifests) await this.pullWhole(server, repository, child.digest, seen);
    for (const blob of [...(config ? [config] : []), ...layers]) {
      const key = `${repository} ${blob.digest}`;
      if (seen.has(key)) continue;
      await this.#pullPart(server, `/v2/${repository}/blobs/${blob.digest}`, blob.digest);
      seen.add(key);
    }
    seen.add(`${repository} ${digest}`);
  }

  async #pullPart(server: Server, path: string, digest: string): Promise<Buffer> {
    const answer = await this.#send(server, "GET", path, undefined, { accept: `${MANIFEST}, ${INDEX}` });
    if (answer?.status === 200 && digestOf(answer.body) === digest) return answer.body;
    throw new Error(`GET ${path} is answered ${answer?.status}`);
  }

  /** Pushes the blobs of an image. @returns its manifest; undefined when a push had no good answer. */
  async #makeImage(server: Server, repository: string): Promise<Buffer | undefined> {
    const seed = `${this.repository} ${this.#count}`;
    this.#count += 1;
    const config = json({ architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers" }, seed });
    const layers = [this.#chooseBlob(), this.#chooseBlob()];
    for (const blob of [config, ...layers]) {
      if (!(await this.#pushBlob(server, repository, blob))) return undefined;
    }
    return json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe(CONFIG_TYPE, config),
      layers: layers.map((layer) => describe(LAYER_TYPE, layer)),
    });
  }

  #chooseBlob(): Buffer {
    if (this.#blobs.length > 0 && this.#random.below(3) > 0) return this.#random.pick(this.#blobs);
    // Mostly small; now and then more than one part of an upload.
    const size = this.#random.below(20) === 0 ? 6 * MIB : this.#random.below(50_000);
    const blob = randomBytes(size + 1);
    if (this.#blobs.push(blob) > 20) this.#blobs.shift();
    return blob;
  }

  /** As clients do: looks whether it is there, tries to mount it, uploads it in one of the ways that there are. */
  async #pushBlob(server: Server, repository: string, blob: Buffer): Promise<boolean> {
    const digest = digestOf(blob);
    const base = `/v2/${repository}/blobs`;
    const head = await this.#send(server, "HEAD", `${base}/${digest}`);
    if (head === undefined) return false;
    if (head.status === 200) return true;
    const way = this.#random.below(4);
    const mount = way === 0 ? `?mount=${digest}&from=${this.#random.pick([this.repository, ...this.#peers])}` : "";
    if (way === 1) {
      const posted = await this.#send(server, "POST", `${base}/uploads/?digest=${digest}`, blob);
      return this.#journal.count(posted?.status);
    }
    const opened = await this.#send(server, "POST", `${base}/uploads/${mount}`);
    if (!this.#journal.count(opened?.status) || !opened) return false;
    if (opened.status === 201) return true;
    const upload = String(opened.headers.location);
    if (way === 2) {
      const put = await this.#send(server, "PUT", `${upload}?digest=${digest}`, blob);
      return this.#journal.count(put?.status);
    }
    const patched = await this.#send(server, "PATCH", upload, blob, { "transfer-encoding": "chunked" });
    if (!this.#journal.count(patched?.status)) return false;
    return this.#journal.count((await this.#send(server, "PUT", `${upload}?digest=${digest}`))?.status);
  }

  #putManifest(server: Server, tag: Tag, mediaType: string, manifest: Buffer): Promise<number | undefined> {
    return this.#journal.move(tag, digestOf(manifest), async () => {
      const path = `/v2/${tag.repository}/manifests/${tag.name}`;
      return (await this.#send(server, "PUT", path, manifest, { "content-type": mediaType }))?.status;
    });
  }

  #ask(server: Server, method: string, path: string, body?: object): Promise<Answer | undefined> {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    return this.#send(server, method, path, body === undefined ? undefined : json(body), headers);
  }

  /** @returns undefined when the connection broke. @throws Error when no answer comes at all. */
  #send(
    server: Server,
    method: string,
    path: string,
    body: Buffer = Buffer.alloc(0),
    headers: Record<string, string> = {},
  ): Promise<Answer | undefined> {
    return new Promise((done, fail) => {
      const length = "transfer-encoding" in headers ? {} : { "content-length": body.byteLength };
      const outgoing = request(`${server.url}${path}`, {
        method,
        agent: this.#agent,
        headers: { authorization: AUTHORIZATION, ...length, ...headers },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const broken = (error: Error) => {
        if (error.name === "AbortError" || error.name === "TimeoutError") {
          fail(new Error(`${method} ${path} was not answered within ${PATIENCE_MS} ms`));
        } else done(undefined);
      };
      outgoing.on("error", broken);
      outgoing.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", broken);
        response.on("end", () =>
          done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.end(body);
    });
  }
}

interface Tag {
  repository: string;
  name: string;
  isShared?: boolean;
}

/** Where the registry's own API has an image. */
export function apiPath(repository: string): string {
  const [organization, image] = repository.split("/");
  return `/api/organizations/${organization}/images/${image}`;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function describe(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** `0-0` is an empty upload, or one of a single byte, which no client here makes. */
function offsetIn({ headers }: Answer): number {
  const last = Number(/^0-(\d+)$/.exec(String(headers.range))?.[1] ?? Number.NaN);
  return last === 0 ? 0 : last + 1;
}
