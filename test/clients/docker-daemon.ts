import { writeFileSync } from "node:fs";
import { Daemons } from "./daemons.ts";

/** The programs that a daemon consists of. */
export const DAEMON_PROGRAMS = ["containerd", "dockerd"];

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
  const daemons = new Daemons("docker");
  const host = `unix://${daemons.path("docker.sock")}`;
  const start = async () => {
    const config = daemons.path("daemon.json");
    writeFileSync(config, "{}");
    daemons.launchContainerd();
    const daemon = daemons.launch("dockerd", [
      "--iptables=false",
      "--ip6tables=false",
      "--bridge=none",
      "--storage-driver=vfs",
      "--containerd",
      daemons.containerdSocket,
      "--host",
      host,
      "--pidfile",
      daemons.path("docker.pid"),
      "--data-root",
      daemons.path("data"),
      "--exec-root",
      daemons.path("exec"),
      "--config-file",
      config,
    ]);
    await daemons.waitFor("dockerd", daemon, ["docker", "--host", host, "info"]);
  };
  return { start, stop: () => daemons.stop(), host, containerdSocket: daemons.containerdSocket };
}
