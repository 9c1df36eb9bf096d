import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** How a command ended. */
export interface Result {
  exitCode: number | string;
  stdout: string;
  stderr: string;
  /** Both, as a user sees them. */
  output: string;
  /** Milliseconds. */
  duration: number;
}

export interface CommandOptions {
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Given to the command on its standard input. */
  input?: string;
  /** A command whose output becomes this one's input. */
  from?: readonly [string, ...string[]];
  /** Milliseconds after which the command is ended; default 5 minutes. */
  timeout?: number;
}

/** Runs a command to its end, whatever that is. */
export async function execute(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<Result> {
  const [file, ...args] = command;
  const start = performance.now();
  const source =
    options.from && spawn(options.from[0], options.from.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const child = spawn(file, args, {
    env: { ...process.env, ...options.environment },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that fails early closes its input; its exit code says why.
  const feed = pipeline(source?.stdout ?? [options.input ?? ""], child.stdin).catch(() => undefined);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? 300_000);
  const result = { stdout: "", stderr: "", output: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      result[name] += text;
      result.output += text;
    });
  }
  try {
    const [exitCode] = await Promise.all([ended(child), source && ended(source), feed]);
    return { ...result, exitCode, duration: performance.now() - start };
  } finally {
    clearTimeout(timer);
  }
}

/** The exit code, or the name of the signal that ended the process. Rejects when it could not be started. */
export function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => done(code ?? signal ?? "unknown"));
  });
}

/** The path of a program: on the PATH, or where `go install` puts what it builds. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), process.env.GOBIN ?? join(homedir(), "go", "bin")];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
