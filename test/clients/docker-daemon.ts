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

export interface DaemonSettings {
  /** What `daemon.json` has. */
  config?: Record<string, unknown>;
  /** What the daemon finds besides in its environment. */
  environment?: NodeJS.ProcessEnv;
}

/**
 * Describes a daemon with all its data in a new folder, which needs root but neither a network nor an overlay file system.
 *
 * @param settings are asked for when it starts.
 */
export function dockerDaemon(settings: () => DaemonSettings = () => ({})): DockerDaemon {
  const daemons = new Daemons("docker");
  const host = `unix://${daemons.path("docker.sock")}`;
  const start = async () => {
    const { config = {}, environment } = settings();
    const configFile = daemons.path("daemon.json");
    writeFileSync(configFile, JSON.stringify(config));
    daemons.launchContainerd();
    const args = [
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
      configFile,
    ];
    const daemon = daemons.launch("dockerd", args, environment);
    await daemons.waitFor("dockerd", daemon, ["docker", "--host", host, "info"]);
  };
  return { start, stop: () => daemons.stop(), host, containerdSocket: daemons.containerdSocket };
}
