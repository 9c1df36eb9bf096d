import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { processesWithEnvironment } from "../../scripts/local/processes.ts";
import { STATE_DIR_MARK } from "../../scripts/local/state-lock.ts";
import { keepBundle, takeBundle } from "./bundles.ts";
import { ended } from "./commands.ts";
import { freePort } from "./ports.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const USER = "admin";
export const PASSWORD = "correct horse battery staple";

/** Milliseconds that a start or a stop may take, on a machine that builds the Worker beside other work. */
const PATIENCE = 60_000;

/** `npm start` in a process of its own. */
export interface Server {
  /** Without a slash at the end. */
  url: string;
  /** Host and port, as image names begin. */
  address: string;
  port: number;
  stateDir: string;
  /** Of the process that watches over workerd. */
  pid: number;
  workerdPid: number;
  output: () => string;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  /** Ends it as Ctrl-C does. Idempotent. */
  stop: () => Promise<void>;
}

/** An empty folder for the data of one test file. The caller removes it. */
export function makeTemporaryDirectory(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "berth-test-")));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/**
 * Starts the registry and waits until it is ready. It ends with this process at the latest.
 *
 * @param environment further settings, as `npm start` takes them.
 */
export async function startServer(stateDir: string, port = 0, environment: NodeJS.ProcessEnv = {}): Promise<Server> {
  takeBundle(stateDir);
  const child = spawn(process.execPath, [join(ROOT, "scripts", "start.ts")], {
    cwd: ROOT,
    env: {
      ...process.env,
      ORGANIZATION_QUOTA: "1000",
      ...environment,
      PORT: String(port || (await freePort())),
      STATE_DIR: stateDir,
      ADMIN_PASSWORD: PASSWORD,
    },
    // The channel is what tells the server that this process is gone.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  const end = ended(child);
  const ready = new Promise<string>((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const url = /Berth is ready at (https?:\S+)/.exec(output)?.[1];
        if (url !== undefined) found(url);
      });
    }
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    await end;
    clearTimeout(timer);
  };
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  const url = await Promise.race([ready, end]);
  clearTimeout(timer);
  if (typeof url !== "string" || !url.startsWith("http")) throw new Error(`the registry did not start:\n${output}`);
  keepBundle(stateDir);
  const [workerdPid] = processesWithEnvironment(STATE_DIR_MARK, realpathSync(stateDir));
  if (workerdPid === undefined) throw new Error("workerd is not among the running processes");
  const { host } = new URL(url);
  return {
    url,
    address: host,
    port: Number(new URL(url).port),
    stateDir,
    pid: child.pid ?? 0,
    workerdPid,
    output: () => output,
    ended: end,
    stop,
  };
}
