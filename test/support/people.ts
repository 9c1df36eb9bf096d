/** Accounts, users and access keys of a running registry, made over its API as an operator makes them. */
import { createHash, randomBytes } from "node:crypto";
import { PASSWORD, USER, type Server } from "./server.ts";

/** Everybody's that {@link addAccount} and {@link addUser} make. */
const PEOPLES_PASSWORD = "battery staple, horse correct";

/** To pull, as SWR's API numbers the rights. */
const READ = 1;

export interface AccessKey {
  /** AK. */
  access: string;
  /** SK. */
  secret: string;
}

/** Who somebody is to the registry. */
export interface Credentials {
  name: string;
  password: string;
  /** As SWR's API calls it; not known of the operator. */
  id?: string;
  account?: string;
}

/** A user who sends requests with their own name and password. */
export class Person {
  readonly #server: Pick<Server, "url">;
  readonly name: string;
  readonly password: string;
  readonly id: string;
  readonly account: string;

  constructor(server: Pick<Server, "url">, { name, password, id = "", account = "" }: Credentials) {
    this.#server = server;
    this.name = name;
    this.password = password;
    this.id = id;
    this.account = account;
  }

  get authorization(): string {
    return `Basic ${Buffer.from(`${this.name}:${this.password}`).toString("base64")}`;
  }

  /** Sends a request; bytes go as they are, anything else as JSON. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const isRaw = body instanceof Uint8Array;
    return fetch(`${this.#server.url}${path}`, {
      method,
      headers: {
        Authorization: this.authorization,
        ...(body !== undefined && !isRaw && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? new Uint8Array(body) : JSON.stringify(body) }),
    });
  }

  /** Sends a request that has to succeed, and answers its JSON. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} by ${this.name}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  addAccessKey(): Promise<AccessKey> {
    return this.ask("POST", "/api/access-keys");
  }
}

/** Who runs the deployment. */
export function operatorOf(server: Pick<Server, "url">): Person {
  return new Person(server, { name: USER, password: PASSWORD });
}

/** Makes an account of this name and answers its administrator, who has the same. */
export async function addAccount(server: Pick<Server, "url">, name: string): Promise<Person> {
  const administrator = { name, password: PEOPLES_PASSWORD };
  await operatorOf(server).ask("POST", "/api/accounts", { name, administrator });
  const { user } = await new Person(server, administrator).ask<{ user: { id: string } }>("GET", "/api/session");
  return new Person(server, { ...administrator, id: user.id, account: name });
}

/** Makes a user without rights in the administrator's account. */
export async function addUser(server: Pick<Server, "url">, administrator: Person, name: string): Promise<Person> {
  const credentials = { name, password: PEOPLES_PASSWORD };
  const { id } = await administrator.ask<{ id: string }>("POST", "/api/users", credentials);
  return new Person(server, { ...credentials, id, account: administrator.account });
}

/** Makes a user who may pull what is in one organization of the administrator's account, and nothing else. */
export async function addReader(
  server: Pick<Server, "url">,
  administrator: Person,
  name: string,
  organization: string,
): Promise<Person> {
  const reader = await addUser(server, administrator, name);
  const right = { user_id: reader.id, user_name: reader.name, auth: READ };
  await administrator.ask("POST", `/v2/manage/namespaces/${organization}/access`, [right]);
  return reader;
}

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

export interface PushedImage {
  /** Of the manifest or index. */
  digest: string;
  /** Bytes of the manifest or index. */
  size: number;
  /** Of the configuration; undefined for an index. */
  config?: string;
  /** Bytes of configuration and layers together. */
  blobBytes: number;
}

/** Pushes an image of one layer that no other image has, over the registry API. */
export async function pushImage(
  person: Person,
  repository: string,
  tag: string,
  architecture = "amd64",
  execution: Record<string, unknown> = {},
): Promise<PushedImage> {
  const layer = await pushBlob(person, repository, LAYER_TYPE, randomBytes(1000));
  const description = {
    architecture,
    os: "linux",
    config: execution,
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  };
  const config = await pushBlob(person, repository, CONFIG_TYPE, Buffer.from(JSON.stringify(description)));
  const manifest: Manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer] };
  const pushed = await putManifest(person, repository, tag, manifest);
  return { ...pushed, config: config.digest, blobBytes: config.size + layer.size };
}

/** Pushes an index of images for two architectures, over the registry API. */
export async function pushIndex(person: Person, repository: string, tag: string): Promise<PushedImage> {
  const manifests = [];
  let blobBytes = 0;
  for (const architecture of ["amd64", "arm64"]) {
    const image = await pushImage(person, repository, `${tag}-${architecture}`, architecture);
    blobBytes += image.blobBytes;
    const { digest, size } = image;
    manifests.push({ mediaType: MANIFEST_TYPE, digest, size, platform: { os: "linux", architecture } });
  }
  const pushed = await putManifest(person, repository, tag, { schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  return { ...pushed, blobBytes };
}

async function pushBlob(person: Person, repository: string, mediaType: string, bytes: Uint8Array) {
  const digest = digestOf(bytes);
  const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
  const response = await person.send("POST", path, bytes, { "Content-Type": "application/octet-stream" });
  if (response.status !== 201) throw new Error(`pushing a blob: ${response.status} ${await response.text()}`);
  return { mediaType, digest, size: bytes.byteLength };
}

interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  [field: string]: unknown;
}

async function putManifest(person: Person, repository: string, tag: string, manifest: Manifest) {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const path = `/v2/${repository}/manifests/${tag}`;
  const response = await person.send("PUT", path, bytes, { "Content-Type": manifest.mediaType });
  if (response.status !== 201)
    throw new Error(`pushing ${repository}:${tag}: ${response.status} ${await response.text()}`);
  return { digest: digestOf(bytes), size: bytes.byteLength };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
