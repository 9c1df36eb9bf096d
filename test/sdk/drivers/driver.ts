/** Huawei's SDKs for other languages, and Harbor, each called by a program that stays for a whole test file. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { AccessKey } from "../../support/server-people.ts";
import { ended, execute, findProgram } from "../../support/commands.ts";
import { PROJECT_ID } from "../sdk-registry.ts";

/** Where the SDKs are installed once; before a test gives itself another home. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "berth-sdk");
const INSTALL_MS = 600_000;

/** What an operation answered, and how that differs from the SDK's model of it. */
export interface Answer {
  status: number;
  code?: string;
  body?: unknown;
  differences?: string[];
}

/** How a driver is started; or why it cannot be. */
export type Prepared =
  { command: readonly [string, ...string[]]; environment?: NodeJS.ProcessEnv } | { reason: string };

/** Installs the Python SDK, at the versions of its requirements.txt. */
export async function preparePython(): Promise<Prepared> {
  const python = findProgram("python3");
  if (python === undefined) return { reason: "python3 not installed" };
  const folder = join(import.meta.dirname, "python");
  const requirements = join(folder, "requirements.txt");
  const { stdout: version } = await execute([python, "-c", "import sys; print(sys.version)"]);
  const target = join(CACHE, `python-${hashOf(version, readFileSync(requirements))}`);
  if (!existsSync(target)) {
    // Whole or not at all, also when it is interrupted.
    const half = `${target}.${process.pid}`;
    mkdirSync(CACHE, { recursive: true });
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", half, "-r"];
    const { exitCode, output } = await execute([python, ...install, requirements], { timeout: INSTALL_MS });
    if (exitCode !== 0) {
      rmSync(half, { recursive: true, force: true });
      return { reason: `the Python SDK could not be installed: ${lastLine(output)}` };
    }
    renameSync(half, target);
  }
  const environment = { PYTHONPATH: target, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" };
  return { command: [python, join(folder, "driver.py")], environment };
}

/** Builds the Go driver, with the SDK at the version of its go.mod. */
export function prepareGo(): Promise<Prepared> {
  return buildGo("go", "the Go SDK");
}

/** Builds what sends Harbor's requests. */
export function prepareHarbor(): Promise<Prepared> {
  return buildGo("harbor", "what sends Harbor's requests");
}

async function buildGo(name: string, what: string): Promise<Prepared> {
  const go = findProgram("go") ?? ["/usr/local/go/bin/go"].find(existsSync);
  if (go === undefined) return { reason: "go not installed" };
  const folder = join(import.meta.dirname, name);
  const target = join(CACHE, `${name}-driver`);
  mkdirSync(CACHE, { recursive: true });
  const build = [go, "build", "-o", target, "."] as const;
  const { exitCode, output } = await execute(build, { cwd: folder, timeout: INSTALL_MS });
  if (exitCode !== 0) return { reason: `${what} could not be built: ${lastLine(output)}` };
  return { command: [target] };
}

/** A running driver. It answers one call after the other. */
export class Driver {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number | string>;
  #errors = "";
  /** What the SDK has: the first line says so. */
  readonly hello: Promise<unknown>;

  constructor(prepared: Prepared, registry: string, key: AccessKey) {
    if ("reason" in prepared) throw new Error(prepared.reason);
    const [file, ...args] = prepared.command;
    this.#child = spawn(file, args, {
      env: {
        ...process.env,
        ...prepared.environment,
        REGISTRY: registry,
        AK: key.access,
        SK: key.secret,
        PROJECT_ID,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = ended(this.#child);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.hello = this.#read();
  }

  /**
   * Calls an operation.
   *
   * @param fields by their names on the wire, and `body`.
   */
  async call(operation: string, fields: Record<string, unknown> = {}): Promise<Answer> {
    await this.hello;
    this.#child.stdin.write(`${JSON.stringify({ operation, fields })}\n`);
    return (await this.#read()) as Answer;
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  async #read(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done !== true) return JSON.parse(value);
    throw new Error(`the driver ended with ${await this.#ended}: ${this.#errors}`);
  }
}

function hashOf(...texts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  return hash.digest("hex").slice(0, 16);
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
