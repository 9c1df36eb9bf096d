/** Registries that images are copied to in tests, and looking at what came of it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { untilAnswering } from "../cli/edge.ts";
import { freePort } from "../support/ports.ts";
import { ended, execute, findProgram } from "../support/commands.ts";
import type { Person } from "../support/server-people.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  type Server,
  startServer,
  USER,
} from "../support/server.ts";

/** A registry that images go to. */
export interface Target {
  url: string;
  address: string;
  port: number;
  /** Null where nobody logs in. */
  username: string | null;
  password: string | null;
  stop: () => Promise<void>;
}

/** Debian's docker-registry, which anybody may push to. */
export async function startDockerRegistry(): Promise<Target> {
  const directory = makeTemporaryDirectory();
  const config = join(directory, "config.yml");
  const port = await freePort();
  writeFileSync(
    config,
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: ${JSON.stringify(join(directory, "data"))}}
http: {addr: "127.0.0.1:${port}"}
`,
  );
  const program = findProgram("docker-registry") ?? "docker-registry";
  const child = spawn(program, ["serve", config], { stdio: ["ignore", "ignore", "ignore"] });
  const end = ended(child);
  const url = `http://127.0.0.1:${port}`;
  await untilAnswering(url, () => {
    if (child.exitCode !== null) throw new Error("docker-registry did not start");
  });
  return {
    url,
    address: `127.0.0.1:${port}`,
    port,
    username: null,
    password: null,
    stop: async () => {
      child.kill("SIGTERM");
      await end;
      removeDirectory(directory);
    },
  };
}

/** A second Berth. */
export async function startBerthTarget(): Promise<Target & { server: Server }> {
  const directory = makeTemporaryDirectory();
  const server = await startServer(directory);
  const { url, address, port } = server;
  return {
    url,
    address,
    port,
    server,
    username: USER,
    password: PASSWORD,
    stop: async () => {
      await server.stop();
      removeDirectory(directory);
    },
  };
}

/** Registers a target, maybe at another address, such as that of a proxy before it. */
export async function registerRemote(
  person: Person,
  name: string,
  { url, username, password }: Pick<Target, "url" | "username" | "password">,
): Promise<void> {
  await person.ask("POST", "/api/remotes", { name, url, username, password });
}

export interface Job {
  id: number;
  image: string;
  tag: string;
  digest: string;
  operation: string;
  status: string;
  detail: string | null;
  tries: number;
  bytesDone: number;
  bytesTotal: number | null;
  finished: string | null;
}

/** All jobs of an organization, the newest first. */
export async function jobsOf(person: Person, organization: string): Promise<Job[]> {
  const jobs: Job[] = [];
  let cursor = "";
  for (;;) {
    const path = `/api/organizations/${organization}/sync-jobs?limit=1000${cursor}`;
    const page = await person.ask<{ jobs: Job[]; next: string | null }>("GET", path);
    jobs.push(...page.jobs);
    if (page.next === null) return jobs;
    cursor = `&cursor=${page.next}`;
  }
}

/** Waits until an organization has at least so many jobs, and all have ended. @returns them, the newest first. */
export async function endedJobs(
  person: Person,
  organization: string,
  count: number,
  patienceMs = 60_000,
): Promise<Job[]> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const jobs = await jobsOf(person, organization);
    if (jobs.length >= count && jobs.every(({ finished }) => finished !== null)) return jobs;
    if (Date.now() > deadline) {
      const open = jobs.filter(({ finished }) => finished === null).slice(0, 5);
      throw new Error(`${jobs.length} jobs of ${count}, of which these have not ended: ${JSON.stringify(open)}`);
    }
    await sleep(200);
  }
}

/** A manifest as a registry has it; undefined where there is none. */
export async function manifestAt(
  { url, username, password }: Pick<Target, "url" | "username" | "password">,
  repository: string,
  reference: string,
): Promise<{ digest: string; body: string } | undefined> {
  const headers: Record<string, string> = { Accept: MANIFEST_TYPES };
  if (username !== null)
    headers["Authorization"] = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const response = await fetch(`${url}/v2/${repository}/manifests/${reference}`, { headers });
  const body = await response.text();
  return response.ok ? { digest: `sha256:${createHash("sha256").update(body).digest("hex")}`, body } : undefined;
}

const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

/** Runs skopeo, which has to succeed, and answers what it prints. */
export async function skopeo(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, output } = await execute([findProgram("skopeo") ?? "skopeo", ...args], {
    timeout: 120_000,
  });
  if (exitCode !== 0) throw new Error(`skopeo ${args.join(" ")} ended with ${exitCode}:\n${output}`);
  return stdout;
}
