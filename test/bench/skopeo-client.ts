/** skopeo as a client of one server, with images in folders of its own. */
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execute } from "../support/commands.ts";
import type { LocalImage } from "./docker-client.ts";
import type { Server } from "./servers.ts";

const PATIENCE_MS = 120_000;

export class SkopeoClient {
  readonly #program: string;
  readonly #server: Server;
  readonly #directory = mkdtempSync(join(tmpdir(), "berth-bench-skopeo-"));
  #count = 0;

  constructor(program: string, server: Server) {
    this.#program = program;
    this.#server = server;
  }

  /** Writes an image where skopeo reads it: its folders are `dir:` to it. */
  async write({ config, layers, manifest }: LocalImage): Promise<string> {
    const directory = this.#newDirectory();
    writeFileSync(join(directory, "version"), "Directory Transport Version: 1.1\n");
    writeFileSync(join(directory, "manifest.json"), manifest);
    for (const { digest, plain } of [config, ...layers]) {
      await pipeline(Readable.from(plain()), createWriteStream(join(directory, digest.replace("sha256:", ""))));
    }
    return directory;
  }

  /** @param directory what {@link write} gave. */
  async push(name: string, directory: string): Promise<void> {
    const rights = ["--dest-tls-verify=false", "--dest-creds", `admin:${this.#server.password}`];
    // Layers that are not compressed would be, and get other digests.
    await this.#copy(["--preserve-digests", ...rights, `dir:${directory}`, this.#addressOf(name)]);
  }

  async pull(name: string): Promise<void> {
    const rights = ["--src-tls-verify=false", "--src-creds", `admin:${this.#server.password}`];
    await this.#copy([...rights, this.#addressOf(name), `dir:${this.#newDirectory()}`]);
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #newDirectory(): string {
    this.#count += 1;
    return mkdtempSync(join(this.#directory, `${this.#count}-`));
  }

  #addressOf(name: string): string {
    return `docker://${new URL(this.#server.url).host}/${name}:latest`;
  }

  async #copy(args: readonly string[]): Promise<void> {
    const { exitCode, output } = await execute([this.#program, "copy", "--quiet", ...args], { timeout: PATIENCE_MS });
    if (exitCode !== 0) throw new Error(`skopeo ended with ${exitCode}:\n${output}`);
  }
}
