/** `berth` as its users have it: a process with a home of its own, and a registry to talk to. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { type CommandOptions, execute, type Result } from "../support/commands.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  ROOT,
  type Server,
  startServer,
  USER,
} from "../support/server.ts";
import { PROGRAM } from "./running-proxy.ts";

/** A home directory, and commands that are given in it. */
export class Home {
  readonly directory = makeTemporaryDirectory();
  readonly environment: NodeJS.ProcessEnv;

  /** @param environment what commands find besides; empty values hide what the tests' own environment has. */
  constructor(environment: NodeJS.ProcessEnv = {}) {
    this.environment = {
      HOME: this.directory,
      DOCKER_CONFIG: join(this.directory, "docker"),
      XDG_CONFIG_HOME: join(this.directory, "config"),
      BERTH_REGISTRY: "",
      BERTH_USERNAME: "",
      BERTH_PASSWORD: "",
      ...environment,
    };
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Runs `berth`, whatever comes of it. */
  berth(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    const environment = { ...this.environment, ...options.environment };
    return execute([...PROGRAM, ...args], { ...options, environment });
  }

  /** Runs `berth`, which has to succeed, and answers what it printed. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return succeed([...PROGRAM, ...args], { ...options, environment: { ...this.environment, ...options.environment } });
  }

  /** Runs `berth … --json`, which has to succeed, and answers what it says. */
  async json<T>(args: readonly string[], options: CommandOptions = {}): Promise<T> {
    return JSON.parse(await this.run([...args, "--json"], options)) as T;
  }

  readDockerConfig(): Record<string, unknown> {
    return JSON.parse(readFileSync(this.path("docker", "config.json"), "utf8")) as Record<string, unknown>;
  }

  write(name: string, text: string, mode = 0o644): string {
    const file = this.path(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  remove(): void {
    removeDirectory(this.directory);
  }
}

/** By its path, because the types of what runs in Node alone do not go with those of the Worker. */
const MAIN = join(ROOT, "src", "cli", "main.ts");

interface Program {
  main: (args: readonly string[]) => Promise<number>;
}

/**
 * A home whose commands run in this process, one at a time, unless they read standard input or print help: a process of its own
 * takes most of what a small command costs.
 */
export class QuickHome extends Home {
  override async berth(args: readonly string[], options: CommandOptions = {}): Promise<Result> {
    // Help is printed by console.log, which the tests' runner has its own way with.
    if (options.input !== undefined || args.includes("--help")) return super.berth(args, options);
    const { main } = (await import(MAIN)) as Program;
    const before = { ...process.env };
    const listeners = process.stdout.listeners("error");
    const result = { stdout: "", stderr: "", output: "" };
    const spies = (["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        result[name] += String(text);
        result.output += String(text);
        return true;
      }),
    );
    const start = performance.now();
    Object.assign(process.env, this.environment, options.environment);
    try {
      const exitCode = await main(args);
      return { ...result, exitCode, duration: performance.now() - start };
    } finally {
      for (const spy of spies) spy.mockRestore();
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      for (const listener of process.stdout.listeners("error")) {
        if (!listeners.includes(listener)) process.stdout.off("error", listener as () => void);
      }
    }
  }

  override async run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { exitCode, stdout, output } = await this.berth(args, options);
    if (exitCode !== 0) throw new Error(`berth ${args.join(" ")} ended with ${exitCode}:\n${output}`);
    return stdout;
  }
}

/** Runs any command, which has to succeed, and answers what it printed. */
export async function succeed(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, output } = await execute(command, options);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${output}`);
  return stdout;
}

/** A registry with a home whose owner is its administrator. */
export class RegistryWithHome {
  readonly stateDir = makeTemporaryDirectory();
  server!: Server;
  home!: Home;

  /** The environment of somebody who has signed in to the registry. */
  get signedIn(): NodeJS.ProcessEnv {
    return { BERTH_REGISTRY: this.server.address, BERTH_USERNAME: USER, BERTH_PASSWORD: PASSWORD };
  }

  /** Asks the registry without the tool. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`);
    if (!headers.has("Accept")) headers.set("Accept", "*/*");
    return fetch(`${this.server.url}${path}`, { ...init, headers });
  }

  /** The digest that a tag points to; undefined when there is no such tag. */
  async digestOf(repository: string, tag: string): Promise<string | undefined> {
    const response = await this.ask(`/v2/${repository}/manifests/${tag}`, { method: "HEAD" });
    return response.headers.get("Docker-Content-Digest") ?? undefined;
  }
}

/** Prepares a test file that needs a registry. */
export function useRegistry(environment: NodeJS.ProcessEnv = {}): RegistryWithHome {
  const setting = new RegistryWithHome();
  beforeAll(async () => {
    setting.server = await startServer(setting.stateDir, 0, environment);
    setting.home = new Home(setting.signedIn);
  });
  afterAll(async () => {
    await setting.server.stop();
    setting.home.remove();
    removeDirectory(setting.stateDir);
  });
  return setting;
}
