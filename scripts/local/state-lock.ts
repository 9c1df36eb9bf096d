import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processesWithEnvironment, processStart } from "./processes.ts";
import { explained, openStateFolder } from "./state-folder.ts";

/** The environment variable by which a workerd process is known to write to a state directory. */
export const STATE_DIR_MARK = "BERTH_RUNTIME_STATE_DIR";

/** Another runtime uses the state directory. */
export class StateInUse extends Error {
  /** The process that uses it. */
  readonly pid: number;

  constructor(stateDir: string, pid: number) {
    super(
      `Berth is already running on ${stateDir} (process ${pid}). Stop it first, or set STATE_DIR to another folder.`,
    );
    this.pid = pid;
  }
}

/**
 * Makes this process the only one that runs on a state directory, which it creates if need be, and ends a workerd
 * that a killed runtime left behind there: two of them would write to the same SQLite files.
 *
 * @returns the directory's real path, and a call that gives it free.
 * @throws StateInUse when another process holds it; StateUnusable when nothing can be written there.
 */
export async function lockState(stateDir: string): Promise<{ path: string; release: () => void }> {
  const path = openStateFolder(stateDir);
  const release = explained(path, () => takeLock(join(path, "runtime.lock"), (pid) => new StateInUse(path, pid)));
  await endLeftOver(path);
  return { path, release };
}

/**
 * Takes a lock that ends with this process at the latest: a file that names its holder.
 *
 * @param inUse makes the error for when another process holds it.
 * @returns a call that gives it free.
 */
export function takeLock(lock: string, inUse: (pid: number) => Error): () => void {
  const own = `${lock}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid} ${processStart(process.pid) ?? ""}\n`);
    while (!tryLink(own, lock)) removeStale(lock, inUse);
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    rmSync(lock, { force: true });
  };
}

function tryLink(own: string, lock: string): boolean {
  try {
    // A link appears with its content, so nobody reads a lock that does not name its holder yet.
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function removeStale(lock: string, inUse: (pid: number) => Error): void {
  const claimed = `${lock}.stale.${process.pid}`;
  try {
    const [pid = "", start = ""] = readFileSync(lock, "utf8").trim().split(/ (.*)/s);
    if (processStart(Number(pid)) === start) throw inUse(Number(pid));
    // Of two processes that find the same stale lock only one renames it.
    renameSync(lock, claimed);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
  rmSync(claimed, { force: true });
}

async function endLeftOver(stateDir: string): Promise<void> {
  for (const pid of processesWithEnvironment(STATE_DIR_MARK, stateDir)) {
    if (pid === process.pid) continue;
    process.kill(pid, "SIGKILL");
    while (processStart(pid) !== undefined) await sleep(10);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
