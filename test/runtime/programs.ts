/** Programs under test, and sockets to them: processes as tests of the local runtime start, watch and end them. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { onTestFinished } from "vitest";
import { processStart } from "../../scripts/local/processes.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const FIXTURE = join(import.meta.dirname, "fixture", "wrangler.toml");

/** An empty folder that goes with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "berth-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/** Asks again every 50 ms until the answer is not undefined, for at most `timeout` milliseconds. */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined, timeout = 30_000): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`nothing after ${timeout} ms`);
    await sleep(50);
  }
}

/** Whether a process runs (and is not merely waiting to be reaped). */
export function isRunning(pid: number): boolean {
  return processStart(pid) !== undefined;
}

/** A program under test, with what it has printed so far. */
export interface Program {
  child: ChildProcess;
  pid: number;
  output: () => string;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  /** The first match in its output, for which it has some milliseconds. */
  printed: (pattern: RegExp, timeout?: number) => Promise<RegExpExecArray>;
}

/** Starts a program with Node; it ends with the test at the latest. */
export function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}, cwd = ROOT): Program {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = new Promise<number | string>((done) => {
    child.on("close", (code, signal) => done(code ?? signal ?? "unknown"));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
  });
  if (child.pid === undefined) throw new Error(`cannot start ${args.join(" ")}`);
  return {
    child,
    pid: child.pid,
    output: () => output,
    ended,
    printed: async (pattern, timeout = 50_000) => {
      const match = await Promise.race([eventually(() => pattern.exec(output) ?? undefined, timeout), ended]);
      if (typeof match === "object") return match;
      throw new Error(`ended with ${match} before it printed ${pattern}:\n${output}`);
    },
  };
}

export interface SocketOptions {
  allowHalfOpen?: boolean;
  /** PEM. With it the connection speaks TLS with a server whose certificate this authority has signed. */
  authority?: string | undefined;
}

/** A connection with all that it receives. */
export async function openSocket(port: number, { allowHalfOpen = false, authority }: SocketOptions = {}) {
  const wire = connect({ host: "127.0.0.1", port, allowHalfOpen });
  const socket: Socket =
    authority === undefined ? wire : secure({ socket: wire, ca: authority, servername: "localhost" });
  onTestFinished(() => {
    socket.destroy();
  });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const closed = new Promise<void>((done) => socket.on("error", () => undefined).on("close", () => done()));
  const ended = new Promise<void>((done) => socket.on("end", done));
  const isReady = authority === undefined ? "connect" : "secureConnect";
  await new Promise<void>((done, reject) => socket.once(isReady, done).once("error", reject));
  // A reset is a matter of TCP.
  return { socket, received: () => Buffer.concat(chunks), ended, closed, reset: () => void wire.resetAndDestroy() };
}
