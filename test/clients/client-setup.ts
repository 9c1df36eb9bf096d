import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { execute, findProgram, type CommandOptions, type Result } from "../support/commands.ts";
import { writeImage, writeMultiPlatformImage, type Image, type ImageRecipe } from "../support/image-layouts.ts";
import { startRecorder, type Recorder } from "../support/recorder.ts";
import { type Need, requirePrograms } from "../support/requirements.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  startServer,
  USER,
  type Server,
} from "../support/server.ts";

/** Milliseconds for a push or pull of next to nothing on a busy machine. A client that waits for a TLS answer takes 10,000 more. */
export const TINY_OPERATION_MS = 9000;
/** Several times what a Worker's memory holds. */
export const LARGE_LAYER_BYTES = 512 * 1024 ** 2;
/** The same for a client that is quick with it: docker packs, unpacks and hashes for minutes. */
export const HUGE_LAYER_BYTES = 1.5 * 1024 ** 3;
/** Milliseconds for a test with such a layer. */
export const HUGE_TIMEOUT_MS = 240_000;

/** One client, a registry for it alone, and a home that holds nothing of the user's. */
export class ClientSetup {
  readonly #program: string | undefined;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #globalArguments: readonly string[];
  /** Everything that the tests write. */
  readonly directory = makeTemporaryDirectory();
  server!: Server;
  recorder!: Recorder;

  constructor(program: string | undefined, globalArguments?: (directory: string) => readonly string[]) {
    this.#program = program;
    this.#globalArguments = globalArguments?.(this.directory) ?? [];
    const home = this.path("home");
    mkdirSync(home, { recursive: true });
    this.#environment = {
      HOME: home,
      DOCKER_CONFIG: join(home, "docker"),
      REGCTL_CONFIG: join(home, "regctl.json"),
      REGISTRY_AUTH_FILE: join(home, "auth.json"),
      XDG_CACHE_HOME: join(home, "cache"),
      XDG_CONFIG_HOME: join(home, ".config"),
      XDG_DATA_HOME: join(home, "data"),
      XDG_RUNTIME_DIR: join(home, "run"),
      TMPDIR: home,
    };
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Runs the client, whatever comes of it. */
  attempt(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    if (this.#program === undefined) throw new Error("the client is not installed");
    const environment = { ...this.#environment, ...options.environment };
    return execute([this.#program, ...this.#globalArguments, ...args], { ...options, environment });
  }

  /** Runs the client, which has to succeed. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    const result = await this.attempt(args, options);
    if (result.exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
    return result;
  }

  /** Asks the registry without the client. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`);
    headers.set("Accept", "*/*");
    return fetch(`${this.server.url}${path}`, { ...init, headers });
  }

  /** The digest that a tag points to; undefined when there is no such tag. */
  async digestOf(repository: string, tag: string): Promise<string | undefined> {
    const response = await this.ask(`/v2/${repository}/manifests/${tag}`, { method: "HEAD" });
    if (response.status === 404) return undefined;
    const digest = response.headers.get("Docker-Content-Digest");
    if (response.status !== 200 || digest === null) throw new Error(`${repository}:${tag} answers ${response.status}`);
    return digest;
  }

  /** Writes an image to a layout of its own. */
  async image(name: string, layers: readonly number[], architecture = "amd64"): Promise<Image & { layout: string }> {
    const layout = this.path(name);
    return { ...(await writeImage(layout, { seed: name, layers, architecture })), layout };
  }

  /** Writes an index of one small image for each of two architectures. */
  async multiPlatformImage(name: string) {
    const layout = this.path(name);
    const recipe = (architecture: string): ImageRecipe & { architecture: string } => ({
      seed: `${name} ${architecture}`,
      layers: [1000, 100_000],
      architecture,
    });
    return { ...(await writeMultiPlatformImage(layout, [recipe("amd64"), recipe("arm64")])), layout };
  }
}

export interface ClientOptions {
  /** Come before those of each command. */
  globalArguments?: (directory: string) => readonly string[];
  /** Other programs that the client does not work without. */
  needs?: readonly string[];
  /** What becomes of the tests in CI when the client, or a program that it needs, is missing; default: they fail. */
  need?: Need;
  /** Settings of the registry. */
  environment?: NodeJS.ProcessEnv;
  /** Of the registry; default: any free one. */
  port?: number;
  /** Called once the registry runs. */
  prepare?: () => Promise<void>;
  /** Called at the end, also when nothing could be tested. */
  cleanUp?: () => Promise<void>;
}

/** Prepares a test file for one client. Without it the tests are skipped; {@link ClientOptions.need} says what CI does. */
export function useClient(name: string, options: ClientOptions = {}): ClientSetup {
  const isThere = requirePrograms(`the tests of ${name}`, [name, ...(options.needs ?? [])], options.need);
  const setting = new ClientSetup(findProgram(name), options.globalArguments);

  beforeAll(async () => {
    if (!isThere) return;
    setting.server = await startServer(setting.path("state"), options.port, options.environment);
    setting.recorder = await startRecorder(setting.server.port);
    await options.prepare?.();
  });
  beforeEach(() => {
    if (isThere) setting.recorder.exchanges.length = 0;
  });
  afterAll(async () => {
    await options.cleanUp?.();
    // After a failed start both are undefined. An error here would hide the reason of that failure.
    setting.recorder?.close();
    await setting.server?.stop();
    removeDirectory(setting.directory);
  });
  return setting;
}
