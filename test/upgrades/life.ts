/**
 * What is done with each version that is recorded: first a registry is filled, and then, over a journal of all statements, used. Versions
 * differ in what they can do, so whatever is not pushing and pulling may be refused; `record.ts` prints what was.
 */
import { createHash } from "node:crypto";

export const USER = "admin";
export const PASSWORD = "correct horse battery staple";
const REPOSITORY = "demo/app";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const OCTETS = "application/octet-stream";

/** What was pushed and is there. */
export interface Image {
  repository: string;
  tag: string;
  digest: string;
  /** Of configuration and layers; of an index, none. */
  blobs: string[];
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Sends requests as the administrator. */
export class User {
  readonly #url: string;
  /** Requests that were refused, and how, in order. */
  readonly refused: string[] = [];
  sent = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends one. Bytes go as they are, all else as JSON. The answer's body is to be read. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const bytes = body instanceof Uint8Array ? new Uint8Array(body) : undefined;
    return fetch(new URL(path, this.#url), {
      method,
      headers: {
        Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`,
        ...(body !== undefined && !bytes && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: bytes ?? JSON.stringify(body) }),
    });
  }

  /** Sends one that may be refused, and answers its body as text; empty if it was. */
  async attempt(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<string> {
    const response = await this.send(method, path, body, headers);
    const text = await response.text();
    this.sent += 1;
    if (response.ok) return text;
    if (response.status === 500) throw new Error(`${method} ${path}: 500 ${text}`);
    this.refused.push(`${method} ${path}: ${response.status} ${text.slice(0, 120).replaceAll("\n", " ")}`);
    return "";
  }

  /** Sends one that must succeed. */
  async must(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response> {
    const response = await this.send(method, path, body, headers);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** Pushes a blob: whole, or in two chunks. */
  async pushBlob(repository: string, mediaType: string, text: string, isChunked = false): Promise<Descriptor> {
    const bytes = Buffer.from(text);
    const digest = digestOf(bytes);
    const uploads = `/v2/${repository}/blobs/uploads/`;
    const opened = await this.must("POST", uploads);
    await opened.body?.cancel();
    let location = locationOf(opened);
    const half = isChunked ? Math.floor(bytes.length / 2) : 0;
    if (isChunked) {
      const patched = await this.must("PATCH", location, bytes.subarray(0, half), {
        "Content-Type": OCTETS,
        "Content-Range": `0-${half - 1}`,
      });
      await patched.body?.cancel();
      location = locationOf(patched);
    }
    const separator = location.includes("?") ? "&" : "?";
    const end = await this.must("PUT", `${location}${separator}digest=${digest}`, bytes.subarray(half), {
      "Content-Type": OCTETS,
    });
    await end.body?.cancel();
    return { mediaType, digest, size: bytes.length };
  }

  /** Pushes a manifest, or an index. */
  async pushManifest(repository: string, tag: string, manifest: { mediaType: string }): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const path = `/v2/${repository}/manifests/${tag}`;
    const response = await this.must("PUT", path, bytes, { "Content-Type": manifest.mediaType });
    await response.body?.cancel();
    return { mediaType: manifest.mediaType, digest: digestOf(bytes), size: bytes.length };
  }

  /** Pushes an image of one layer. */
  async pushImage(repository: string, tag: string, { subject, isChunked = false }: Shape = {}): Promise<Image> {
    const layer = await this.pushBlob(repository, LAYER_TYPE, `layer of ${tag} `.repeat(100), isChunked);
    const description = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } };
    const config = await this.pushBlob(repository, CONFIG_TYPE, JSON.stringify(description));
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config,
      layers: [layer],
      ...(subject && { subject: descriptorOf(subject) }),
    };
    const { digest } = await this.pushManifest(repository, tag, manifest);
    return { repository, tag, digest, blobs: [config.digest, layer.digest] };
  }
}

interface Shape {
  subject?: Image | undefined;
  isChunked?: boolean;
}

/** Fills a new registry. */
export async function fill(user: User): Promise<Image[]> {
  const first = await user.pushImage(REPOSITORY, "v1");
  const second = await user.pushImage(REPOSITORY, "v2", { isChunked: true });
  const signature = await user.pushImage(REPOSITORY, `${first.digest.replace(":", "-")}.sig`, { subject: first });
  const third = await user.pushImage("demo/other", "v1");
  const manifests = [first, second].map((image) => ({
    ...descriptorOf(image),
    platform: { os: "linux", architecture: "amd64" },
  }));
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
  const { digest } = await user.pushManifest(REPOSITORY, "all", index);
  const gone = await user.pushImage(REPOSITORY, "gone");
  await user.attempt("DELETE", `/v2/${REPOSITORY}/manifests/${gone.digest}`);
  await manage(user, "one");
  return [first, second, signature, third, { repository: REPOSITORY, tag: "all", digest, blobs: [] }];
}

/** Uses a registry that {@link fill} has filled: reads all there is to read, pushes, pulls, manages and deletes. */
export async function use(user: User, images: readonly Image[]): Promise<void> {
  for (const image of images) await pull(user, image);
  await user.attempt("GET", `/token?service=berth&scope=repository:${REPOSITORY}:pull,push`);
  await user.attempt("GET", "/v2/_catalog?n=10");
  await user.attempt("GET", `/v2/${REPOSITORY}/tags/list?n=2`);
  await user.attempt("GET", `/v2/${REPOSITORY}/referrers/${images[0]?.digest ?? ""}`);
  await readAll(user);
  const late = await user.pushImage(REPOSITORY, "late", { isChunked: true });
  await user.pushImage(REPOSITORY, "v2");
  await user.pushImage("demo/late", "v1", { subject: late });
  const [blob = ""] = late.blobs;
  await user.attempt("POST", `/v2/demo/mounted/blobs/uploads/?mount=${blob}&from=${REPOSITORY}`);
  await pull(user, late);
  await manage(user, "two");
  await readAll(user);
  await user.attempt("DELETE", `/v2/${REPOSITORY}/manifests/late`);
  await user.attempt("DELETE", `/v2/demo/late/manifests/${(await user.pushImage("demo/late", "v2")).digest}`);
  await user.attempt("DELETE", "/v2/manage/namespaces/demo/repos/other");
}

/** Pulls all of an image, and finds it unchanged. */
export async function pull(user: User, { repository, tag, digest, blobs }: Image): Promise<void> {
  for (const reference of [tag, digest]) {
    const response = await user.must("GET", `/v2/${repository}/manifests/${reference}`, undefined, {
      Accept: `${MANIFEST_TYPE}, ${INDEX_TYPE}`,
    });
    if (digestOf(await bytesOf(response)) !== digest) throw new Error(`${repository}:${tag} has become another`);
  }
  for (const blob of blobs) {
    await user.must("HEAD", `/v2/${repository}/blobs/${blob}`);
    const bytes = await bytesOf(await user.must("GET", `/v2/${repository}/blobs/${blob}`));
    if (digestOf(bytes) !== blob) throw new Error(`${blob} has become another`);
  }
}

/** Makes one of each thing that is managed. */
async function manage(user: User, name: string): Promise<void> {
  const image = `/api/organizations/demo/images/app`;
  const swr = `/v2/manage/namespaces/demo`;
  const end = "2099-01-01T00:00:00Z";
  const password = "long enough to be one";
  const steps: [method: string, path: string, body?: unknown][] = [
    ["POST", "/api/accounts", { name: `account-${name}`, administrator: { name: `head-${name}`, password } }],
    ["POST", "/api/users", { name: `user-${name}`, password, role: "member" }],
    ["PATCH", `/api/users/user-${name}`, { role: "administrator" }],
    ["POST", "/api/users", { name: `robot-${name}`, kind: "robot" }],
    ["POST", `/api/users/robot-${name}/access-keys`, { ends: end }],
    ["POST", "/api/access-keys"],
    ["POST", "/api/session", { name: USER, password: PASSWORD }],
    ["POST", "/v2/manage/namespaces", { namespace: `swr-${name}` }],
    ["POST", `/v2/manage/namespaces/swr-${name}/repos`, { repository: "empty", is_public: false }],
    ["POST", "/api/organizations", { name: `own-${name}` }],
    ["POST", `/api/organizations/own-${name}/images`, { image: "empty" }],
    ["POST", "/api/organizations/demo/permissions", { permissions: [{ user: `user-${name}`, level: "read" }] }],
    ["POST", `${image}/permissions`, { permissions: [{ user: `user-${name}`, level: "edit" }] }],
    ["POST", `${image}/shares`, { account: `account-${name}`, deadline: "2099-12-31", note: "x" }],
    [
      "POST",
      `/v2/manage/namespaces/demo/repositories/app/access-domains`,
      { access_domain: `account-${name}`, permit: "read", deadline: "2099-12-31", description: "" },
    ],
    ["PATCH", `${swr}/repos/app`, { is_public: name === "two", category: "app_server", description: name }],
    ["PATCH", image, { description: name }],
    ["POST", `${image}/immutable-tag-rules`, { pattern: `kept-${name}*` }],
    ["POST", `${image}/tags`, { name: `tag-${name}`, source: "v1" }],
    ["POST", `${image}/tags/delete`, { tags: [`tag-${name}`] }],
    ["POST", `${image}/tags/tag-${name}/restore`],
    [
      "POST",
      `${swr}/repos/app/retentions`,
      { algorithm: "or", rules: [{ template: "tag_rule", params: { num: "90" }, tag_selectors: [] }] },
    ],
    ["POST", `${image}/aging/preview`, { kind: "tag_rule", amount: 1, labels: [], patterns: [] }],
    [
      "POST",
      `${image}/triggers`,
      {
        name: `hook-${name}`,
        condition: { kind: "all" },
        target: { kind: "webhook", url: "https://receiver.invalid/", format: "cloudevents" },
      },
    ],
    ["POST", "/v2/manage/utils/secret"],
  ];
  for (const [method, path, body] of steps) await user.attempt(method, path, body);
}

/** What parameters of paths are given, by what their name has in it; the first that fits. */
const PARAMETERS: readonly [RegExp, string][] = [
  [/digest/i, "sha256:0000000000000000000000000000000000000000000000000000000000000000"],
  [/organization|namespace/i, "demo"],
  [/image|repository|repo/i, "app"],
  [/tag/i, "v1"],
  [/account|domain/i, "account-one"],
  [/user/i, "user-one"],
  [/trigger/i, "hook-one"],
];

/** Sends every `GET` that the version's OpenAPI document has. */
async function readAll(user: User): Promise<void> {
  const text = await user.attempt("GET", "/openapi.json");
  if (text === "") return;
  const { paths }: { paths: Record<string, Record<string, unknown>> } = JSON.parse(text);
  for (const [path, operations] of Object.entries(paths)) {
    if (!("get" in operations) || path.startsWith("/v2/{")) continue;
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return PARAMETERS.find(([pattern]) => pattern.test(name))?.[1] ?? "1";
    });
    await user.attempt("GET", filled);
  }
}

function descriptorOf({ digest, blobs }: Image): Descriptor {
  return { mediaType: MANIFEST_TYPE, digest, size: blobs.length === 0 ? 0 : (SIZES.get(digest) ?? 0) };
}

/** Of manifests that were pushed, by their digest: an index has to say how long its children are. */
const SIZES = new Map<string, number>();

function digestOf(bytes: Uint8Array): string {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  SIZES.set(digest, bytes.length);
  return digest;
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

function locationOf(response: Response): string {
  const location = response.headers.get("location");
  if (location === null) throw new Error("no Location");
  return location;
}
