/** Daemons that clients need beside them, each test file with its own, in folders of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ended, execute, findProgram } from "../support/commands.ts";
import { removeDirectory } from "../support/server.ts";

/** Milliseconds until a daemon has to answer. */
const START_MS = 40_000;
/** Milliseconds until a daemon that was told to end is killed. */
const STOP_MS = 15_000;

/** Daemons that belong together. */
export class Daemons {
  /** All their data. Its path is short: that of a Unix socket ends at 108 characters. */
  readonly directory: string;
  readonly #processes: ChildProcess[] = [];

  constructor(name: string) {
    this.directory = mkdtempSync(join(tmpdir(), `berth-${name}-`));
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** @param environment what the daemon finds besides. */
  launch(name: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(findProgram(name) ?? name, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.path(`${name}.log`));
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    child.on("error", () => undefined);
    this.#processes.push(child);
    return child;
  }

  /** As `ctr --address` takes it. */
  get containerdSocket(): string {
    return this.path("containerd.sock");
  }

  launchContainerd(): ChildProcess {
    return this.launch("containerd", [
      "--config",
      "/dev/null",
      "--address",
      this.containerdSocket,
      "--root",
      this.path("containerd"),
      "--state",
      this.path("containerd-state"),
    ]);
  }

  /**
   * Waits until a daemon answers a client's question.
   *
   * @throws when the daemon ends or keeps silent, with the end of its log.
   */
  async waitFor(name: string, daemon: ChildProcess, question: readonly [string, ...string[]]): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const { exitCode, output } = await execute(question, { timeout: START_MS });
      if (exitCode === 0) return;
      if (daemon.exitCode !== null || performance.now() > deadline) {
        const log = readFileSync(this.path(`${name}.log`), "utf8")
          .split("\n")
          .slice(-20);
        throw new Error(`${name} did not start: ${output}\n${log.join("\n")}`);
      }
      await sleep(200);
    }
  }

  /** Ends them, the last one first: it still talks to those before it as it ends. Removes their data. */
  async stop(): Promise<void> {
    for (const child of this.#processes.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const end = ended(child);
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await end;
      clearTimeout(timer);
    }
    removeDirectory(this.directory);
  }
}
