/** The servers that are compared, each in a process of its own, with their data in a folder that goes with the bench. */
import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../support/ports.ts";
import { Connection } from "./client.ts";
import type { HostMessage, HostOrder } from "./host.ts";

/** A running server. */
export interface Server {
  url: string;
  /** The process that does the work: of a Worker, workerd. */
  pid: number;
  /** Set when the server knows users: of the user `admin`. */
  password?: string;
  /** Gives back the disk space of everything pushed so far. */
  clear: () => Promise<void>;
  stop: () => Promise<void>;
}

/** How long a server may take to start or to stop, in milliseconds. */
const PATIENCE = 60_000;

const BERTH_PASSWORD = randomBytes(16).toString("hex");

/** Starts servers, and ends all of them with their data when it is closed. */
export class Servers {
  readonly #directory = mkdtempSync(join(tmpdir(), "berth-bench-"));
  readonly #running = new Set<Server>();
  #count = 0;
  #closed: Promise<void> | undefined;

  /** A folder for the data of one server, or of several one after the other. */
  newStateDir(): string {
    this.#count += 1;
    return join(this.#directory, String(this.#count));
  }

  /** Berth as `npm start` runs it. */
  berth(stateDir = this.newStateDir()): Promise<Server> {
    return this.#worker({ stateDir, adminPassword: BERTH_PASSWORD });
  }

  /** Berth with bindings that count. */
  counting(): Promise<Server> {
    const configPath = join(import.meta.dirname, "counting", "wrangler.toml");
    return this.#worker({ configPath, stateDir: this.newStateDir(), adminPassword: BERTH_PASSWORD });
  }

  /** Berth at a distance from what it keeps things in. */
  distant(stateDir: string): Promise<Server> {
    const configPath = join(import.meta.dirname, "distant", "wrangler.toml");
    return this.#worker({ configPath, stateDir, adminPassword: BERTH_PASSWORD });
  }

  /** The bare Worker. */
  ceiling(stateDir = this.newStateDir()): Promise<Server> {
    return this.#worker({ configPath: join(import.meta.dirname, "ceiling", "wrangler.toml"), stateDir });
  }

  /** The least that a registry on the platform can do. */
  floor(): Promise<Server> {
    const configPath = join(import.meta.dirname, "floor", "wrangler.toml");
    return this.#worker({ configPath, stateDir: this.newStateDir() });
  }

  /** A Worker that runs aging and garbage collection when asked. */
  scale(): Promise<Server> {
    return this.#worker({
      configPath: join(import.meta.dirname, "scale", "wrangler.toml"),
      stateDir: this.newStateDir(),
    });
  }

  /** Berth over a D1 that counts rows, to be filled. */
  full(): Promise<Server> {
    return this.#worker({
      configPath: join(import.meta.dirname, "full", "wrangler.toml"),
      stateDir: this.newStateDir(),
      adminPassword: BERTH_PASSWORD,
    });
  }

  /** The server that does nothing. */
  sink(): Promise<Server> {
    return this.#fork("sink.ts", undefined);
  }

  /** Debian's docker-registry, or the reason why there is none. */
  async dockerRegistry(): Promise<Server | string> {
    if (dockerRegistryVersion() === undefined) return "docker-registry is not installed";
    const directory = this.newStateDir();
    const config = `${directory}.yml`;
    const port = await freePort();
    writeFileSync(
      config,
      `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: ${JSON.stringify(directory)}}
  cache: {blobdescriptor: inmemory}
http: {addr: "127.0.0.1:${port}"}
`,
    );
    const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "ignore"] });
    const server: Server = {
      url: `http://127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      clear: async () => rmSync(join(directory, "docker"), { recursive: true, force: true }),
      stop: () => this.#end(server, child, () => child.kill("SIGTERM")),
    };
    this.#running.add(server);
    await untilAnswering(server.url);
    return server;
  }

  /** Ends everything and removes all data. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#running].map((server) => server.stop()));
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #worker(order: HostOrder): Promise<Server> {
    const server = await this.#fork("host.ts", order);
    return { ...server, ...(order.adminPassword !== undefined && { password: order.adminPassword }) };
  }

  async #fork(script: string, order: HostOrder | undefined): Promise<Server> {
    if (this.#closed) throw new Error("the bench is ending");
    const child = fork(join(import.meta.dirname, script), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const stop = () => this.#end(server, child, () => child.disconnect());
    const clear = async () => {
      const cleared = nextMessage(child);
      child.send("clear");
      await cleared;
    };
    const server: Server = { url: "", pid: 0, clear, stop };
    this.#running.add(server);
    const ready = nextMessage(child);
    if (order) child.send(order);
    const message = await ready;
    if (message === "cleared") throw new Error("cleared before it ran");
    server.url = message.url;
    server.pid = message.workerdPid;
    return server;
  }

  async #end(server: Server, child: ChildProcess, ask: () => void): Promise<void> {
    if (!this.#running.delete(server) || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    ask();
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await ended;
    clearTimeout(timer);
  }
}

/** The version of the installed docker-registry; undefined without one. */
export function dockerRegistryVersion(): string | undefined {
  const { stdout } = spawnSync("docker-registry", ["--version"], { encoding: "utf8" });
  return stdout?.trim().split(" ").at(-1);
}

function nextMessage(child: ChildProcess): Promise<HostMessage> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a server ended with exit code ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      // Only host.ts and sink.ts send anything.
      resolve(message as HostMessage);
    });
  });
}

async function untilAnswering(url: string): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      const connection = await Connection.open(url);
      await connection.request({ method: "GET", path: "/v2/" });
      connection.close();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
