import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * What tells a process from a later one with the same id: the time it started, in the system's own notation.
 *
 * @returns undefined when no such process runs.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === "linux") {
    const stat = readProc(pid, "stat");
    // The second field is the command in parentheses and may hold anything; state and start time follow it.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The ids of the running processes that have the environment variable `name` with exactly this value. Sees the
 * processes of the same user only.
 */
export function processesWithEnvironment(name: string, value: string): number[] {
  const entry = `${name}=${value}`;
  if (process.platform === "linux") {
    return readdirSync("/proc")
      .filter((directory) => /^\d+$/.test(directory))
      .map(Number)
      .filter((pid) => readProc(pid, "environ")?.split("\0").includes(entry) === true);
  }
  return execFileSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    .split("\n")
    .filter((line) => `${line} `.includes(` ${entry} `))
    .map((line) => Number.parseInt(line, 10));
}

function readProc(pid: number, file: "stat" | "environ"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It ended meanwhile, or it is another user's.
    return undefined;
  }
}
