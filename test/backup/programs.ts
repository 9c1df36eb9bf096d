/** `npm run backup`, `restore` and `check-storage` as processes, and what a registry and a backup hold. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ended } from "../support/commands.ts";
import type { Person } from "../support/server-people.ts";
import { ROOT } from "../support/server.ts";

export interface Ended {
  exitCode: number | string;
  output: string;
}

/** A program that runs. */
export interface Running {
  child: ChildProcess;
  output: () => string;
  ended: Promise<Ended>;
}

/** Starts a program of `scripts/`, with a state folder and further variables. */
export function start(
  script: "backup" | "restore" | "check-storage",
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Running {
  const child = spawn(process.execPath, [join(ROOT, "scripts", `${script}.ts`), ...args], {
    cwd: ROOT,
    env: { ...process.env, ENCRYPTION_KEY: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const end = ended(child).then((exitCode) => ({ exitCode, output }));
  return { child, output: () => output, ended: end };
}

/** Runs one to its end. */
export function run(...parameters: Parameters<typeof start>): Promise<Ended> {
  return start(...parameters).ended;
}

/** The database of a registry that does not run. The caller closes it. */
export function openDatabase(stateDir: string): DatabaseSync {
  const file = globSync(join(stateDir, "data/d1/*/*.sqlite")).find((path) => !path.endsWith("metadata.sqlite"));
  if (file === undefined) throw new Error(`there is no database in ${stateDir}`);
  return new DatabaseSync(file, { timeout: 5000 });
}

/** Rows of a registry that does not run. */
export function select(stateDir: string, sql: string): Record<string, unknown>[] {
  const database = openDatabase(stateDir);
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

/** The file that the local R2 has an object's bytes in, of a registry that does not run. One of up to 4 MiB has one file. */
export function objectFile(stateDir: string, digest: string): string {
  const [blob] = select(stateDir, `SELECT object_key AS key FROM blobs WHERE digest = '${digest}'`);
  for (const file of globSync(join(stateDir, "data/r2/*/*.sqlite"))) {
    const database = new DatabaseSync(file, { timeout: 5000 });
    try {
      if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_mf_objects'").get() === undefined) continue;
      const row = database.prepare("SELECT blob_id AS id FROM _mf_objects WHERE key = ?").get(String(blob?.key));
      const [path] = globSync(join(stateDir, "data/r2/*/blobs", String(row?.id)));
      if (path !== undefined) return path;
    } finally {
      database.close();
    }
  }
  throw new Error(`no file has ${digest}`);
}

/** The content of every table of a registry that does not run, but of logins, uploads under way, and numbers that a restore raises. */
export function contentOf(stateDir: string): Record<string, unknown> {
  const database = openDatabase(stateDir);
  try {
    const names = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !/^(_cf_|sqlite_|sessions$|open_uploads$|\w+_text_)/.test(name));
    return Object.fromEntries(
      names.map((name) => [
        name,
        database
          .prepare(`SELECT * FROM "${name}" ORDER BY rowid`)
          .all()
          .map((row) => ({ ...row, ...("generation" in row && { generation: "raised" }) })),
      ]),
    );
  } finally {
    database.close();
  }
}

/** All that can be pulled by a tag, with the status of every manifest and blob that it needs. */
export async function pullAll(person: Person, repository: string): Promise<Record<string, number>> {
  const { tags } = await person.ask<{ tags: string[] }>("GET", `/v2/${repository}/tags/list`);
  const statuses: Record<string, number> = {};
  const visit = async (reference: string) => {
    const response = await person.send("GET", `/v2/${repository}/manifests/${reference}`, undefined, {
      Accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json",
    });
    statuses[reference] = response.status;
    const manifest = (await response.json()) as {
      config?: { digest: string };
      layers?: { digest: string }[];
      manifests?: { digest: string }[];
    };
    for (const { digest } of manifest.manifests ?? []) await visit(digest);
    for (const { digest } of [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])]) {
      const blob = await person.send("GET", `/v2/${repository}/blobs/${digest}`);
      statuses[digest] = blob.status;
      await blob.arrayBuffer();
    }
  };
  for (const tag of tags) await visit(tag);
  return statuses;
}

/** Names of tables that a run left in the database of a registry that does not run. */
export function leftOver(stateDir: string): unknown[] {
  return select(stateDir, "SELECT name FROM sqlite_schema WHERE name LIKE 'copy!_%' ESCAPE '!'");
}

/** Whether a backup is whole. */
export function isWhole(folder: string): boolean {
  return existsSync(join(folder, "backup.json"));
}
