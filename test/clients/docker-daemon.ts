import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ended, execute, findProgram } from "../support/commands.ts";
import { removeDirectory } from "../support/server.ts";

/** The programs that a daemon consists of. */
export const DAEMON_PROGRAMS = ["containerd", "dockerd"];

const START_MS = 40_000;

/** A docker daemon for one test file. */
export interface DockerDaemon {
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** As `docker --host` takes it. */
  host: string;
  /** As `ctr --address` takes it. */
  containerdSocket: string;
}

/** Describes a daemon with all its data in a new folder, which needs root but neither a network nor an overlay file system. */
export function dockerDaemon(): DockerDaemon {
  // The path of a Unix socket ends at 108 characters.
  const directory = mkdtempSync(join(tmpdir(), "berth-docker-"));
  const host = `unix://${join(directory, "docker.sock")}`;
  const containerdSocket = join(directory, "containerd.sock");
  const processes: ChildProcess[] = [];

  const launch = (name: string, args: readonly string[]) => {
    const child = spawn(findProgram(name) ?? name, args, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(directory, `${name}.log`));
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    child.on("error", () => undefined);
    processes.push(child);
    return child;
  };
  const start = async () => {
    const config = join(directory, "daemon.json");
    writeFileSync(config, "{}");
    launch("containerd", [
      "--config",
      "/dev/null",
      "--address",
      containerdSocket,
      "--root",
      join(directory, "containerd"),
      "--state",
      join(directory, "containerd-state"),
    ]);
    const daemon = launch("dockerd", [
      "--iptables=false",
      "--ip6tables=false",
      "--bridge=none",
      "--storage-driver=vfs",
      "--containerd",
      containerdSocket,
      "--host",
      host,
      "--pidfile",
      join(directory, "docker.pid"),
      "--data-root",
      join(directory, "data"),
      "--exec-root",
      join(directory, "exec"),
      "--config-file",
      config,
    ]);
    const deadline = performance.now() + START_MS;
    for (;;) {
      const { exitCode, output } = await execute(["docker", "--host", host, "info"], { timeout: START_MS });
      if (exitCode === 0) return;
      if (daemon.exitCode !== null || performance.now() > deadline) {
        throw new Error(`the docker daemon did not start: ${output}\n${readLog(directory)}`);
      }
      await sleep(200);
    }
  };
  const stop = async () => {
    // The daemon first: it still talks to containerd as it ends.
    for (const child of processes.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      const end = ended(child);
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await end;
      clearTimeout(timer);
    }
    removeDirectory(directory);
  };
  return { start, stop, host, containerdSocket };
}

function readLog(directory: string): string {
  return readFileSync(join(directory, "dockerd.log"), "utf8").split("\n").slice(-20).join("\n");
}
