/** A `berth proxy` in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ended } from "../support/commands.ts";
import { ROOT } from "../support/server.ts";

/** What runs the tool in a checkout, without what looks for the right Node first. */
export const PROGRAM: [string, string] = [process.execPath, join(ROOT, "src", "cli", "berth.ts")];

export interface RunningProxy {
  /** Without a slash at the end. */
  url: string;
  /** Host and port, as image names begin. */
  address: string;
  pid: number;
  /** What it has told. */
  output: () => string;
  /** Ends it as Ctrl-C does, and answers its exit code. */
  stop: () => Promise<number | string>;
}

const START_MS = 60_000;

/** Starts `berth proxy` on a free port. */
export async function startBerthProxy(
  upstream: string,
  options: { args?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<RunningProxy> {
  const args = ["proxy", upstream, "--listen", "0", ...(options.args ?? [])];
  const child: ChildProcess = spawn(PROGRAM[0], [PROGRAM[1], ...args], {
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = ended(child);
  let output = "";
  const ready = new Promise<string>((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const port = /berth proxy is ready: \S+:(\d+) is/.exec(output)?.[1];
        if (port !== undefined) found(port);
      });
    }
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  const port = await Promise.race([ready, end]);
  clearTimeout(timer);
  if (typeof port !== "string" || child.exitCode !== null) throw new Error(`berth proxy did not start:\n${output}`);
  return {
    url: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => {
      child.kill("SIGINT");
      return end;
    },
  };
}
