/** A client that pushes images without layers of their own, as fast as the registry takes them. */
import { createHash } from "node:crypto";
import { PASSWORD, USER, type Server } from "../support/server.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A manifest that differs by its seed alone. */
function manifestOf(seed: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: digestOf(CONFIG),
        size: CONFIG.byteLength,
      },
      layers: [],
      annotations: { seed },
    }),
  );
}

export class Pusher {
  readonly #repository: string;
  #server: Server;
  #token = "";

  constructor(server: Server, repository: string) {
    this.#server = server;
    this.#repository = repository;
  }

  /** Gets a token, and pushes what all manifests need. */
  async prepare(): Promise<void> {
    const scope = `repository:${this.#repository}:pull,push`;
    const answer = await fetch(`${this.#server.url}/token?service=berth&scope=${scope}`, {
      headers: { Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}` },
    });
    this.#token = ((await answer.json()) as { token: string }).token;
    await this.#send("POST", `blobs/uploads/?digest=${digestOf(CONFIG)}`, CONFIG, "application/octet-stream");
  }

  /** Goes on with a registry that was started again. */
  moveTo(server: Server): void {
    this.#server = server;
  }

  /** Pushes a manifest. @returns its digest. @throws Error when the registry does not say that it has it. */
  async push(tag: string): Promise<string> {
    const manifest = manifestOf(tag);
    await this.#send("PUT", `manifests/${tag}`, manifest, MANIFEST);
    return digestOf(manifest);
  }

  async #send(method: string, path: string, body: Buffer, contentType: string): Promise<void> {
    const answer = await fetch(`${this.#server.url}/v2/${this.#repository}/${path}`, {
      method,
      body: new Uint8Array(body),
      headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": contentType },
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
}
