import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { V4WorkerOptionsShape } from "miniflare";
import { runWrangler } from "../wrangler.ts";
import { type Migrations, readMigrations } from "./migrations.ts";

/** A Worker as `wrangler deploy` would upload it, with what its wrangler.toml says. */
export interface Bundle {
  /** The folder of the modules below. */
  directory: string;
  /** The main module first. */
  modules: { type: "ESModule" | "CompiledWasm" | "Text" | "Data"; path: string }[];
  /** In the form that `convertV4MiniflareOptions` takes. */
  workerOptions: V4WorkerOptionsShape;
  /** By D1 binding. */
  migrations: Record<string, Migrations>;
}

/** What is stored beside the modules. */
interface Manifest extends Omit<Bundle, "directory"> {
  configPath: string;
  /** SHA-256 by path of all files that the bundle was made of, and of the list of a folder; null for an absent file. */
  inputs: Record<string, string | null>;
}

const MODULE_TYPES = {
  js: "ESModule",
  mjs: "ESModule",
  wasm: "CompiledWasm",
  txt: "Text",
  html: "Text",
  sql: "Text",
  bin: "Data",
} as const;
const MANIFEST = "manifest.json";

/** The folder of the static assets in a bundle: a copy, because a later build may replace them under a server's feet. */
const ASSETS = "assets";

/** `wrangler deploy --dry-run` failed: the message is what it printed. */
export class BundleFailed extends Error {}

/**
 * The bundle of a Worker, made anew only when something that it is made of changed.
 *
 * @param directory where the bundle is kept between starts.
 * @throws BundleFailed when the Worker cannot be built.
 */
export async function bundle(configPath: string, directory: string): Promise<Bundle> {
  const kept = readManifest(join(directory, MANIFEST));
  if (kept !== undefined && kept.configPath === configPath && isCurrent(kept)) return asBundle(kept, directory);

  const unfinished = `${directory}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    const manifest = await build(configPath, unfinished);
    writeFileSync(join(unfinished, MANIFEST), JSON.stringify(manifest));
    rmSync(directory, { recursive: true, force: true });
    renameSync(unfinished, directory);
    return asBundle(manifest, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function asBundle(manifest: Manifest, directory: string): Bundle {
  const { assets } = manifest.workerOptions;
  if (!assets) return { ...manifest, directory };
  const ownAssets = { ...assets, directory: join(directory, ASSETS) };
  return { ...manifest, directory, workerOptions: { ...manifest.workerOptions, assets: ownAssets } };
}

async function build(configPath: string, outdir: string): Promise<Manifest> {
  const metafile = join(outdir, "metafile.json");
  // Hashed before the build: a change during it makes the next start build again.
  const before = new Map<string, string | null>();
  for (const path of configurationFiles(configPath)) before.set(path, hash(path));
  const [wrangler] = await Promise.all([
    import("wrangler"),
    dryRun(["--config", configPath, "--outdir", outdir, "--metafile", metafile]),
  ]);
  const { workerOptions, main }: { workerOptions: V4WorkerOptionsShape; main?: string | undefined } =
    wrangler.unstable_getMiniflareWorkerOptions(configPath);
  if (main === undefined) throw new BundleFailed(`${configPath} names no main module`);
  // Typed here, because wrangler's types refer to a package that it does not ship.
  const config: { d1_databases: { binding: string; migrations_dir?: string; migrations_table?: string }[] } =
    wrangler.unstable_readConfig({ config: configPath }, { hideWarnings: true });
  const root = dirname(configPath);

  const mainFile = `${basename(main).replace(/\.[^.]+$/, "")}.js`;
  const modules = readdirSync(outdir, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    const extension = path.slice(path.lastIndexOf(".") + 1);
    return isModuleExtension(extension) ? [{ type: MODULE_TYPES[extension], path }] : [];
  });
  modules.sort((a, b) => Number(b.path === mainFile) - Number(a.path === mainFile));

  const inputs = Object.fromEntries(before);
  for (const path of Object.keys(readMetafile(metafile).inputs)) {
    const file = resolve(root, path);
    // Packages change with package-lock.json only.
    if (!file.includes("/node_modules/") && existsSync(file)) inputs[file] = hash(file);
  }
  if (workerOptions.assets) {
    const { directory } = workerOptions.assets;
    for (const file of filesBelow(directory)) inputs[file] = hash(file);
    cpSync(directory, join(outdir, ASSETS), { recursive: true });
  }
  const migrations: Bundle["migrations"] = {};
  for (const database of config.d1_databases) {
    const folder = resolve(root, database.migrations_dir ?? "migrations");
    for (const path of [folder, ...filesBelow(folder).filter((file) => file.endsWith(".sql"))])
      inputs[path] = hash(path);
    const files = await readMigrations(folder);
    migrations[database.binding] = { files, table: database.migrations_table ?? "d1_migrations" };
  }
  return { configPath, inputs, modules, workerOptions, migrations };
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Files besides the modules that decide what is built. */
function configurationFiles(configPath: string): string[] {
  const files = [configPath, join(dirname(configPath), ".dev.vars"), join(dirname(configPath), ".env")];
  for (let folder = dirname(configPath); ; folder = dirname(folder)) {
    files.push(join(folder, "package-lock.json"), join(folder, "tsconfig.json"));
    if (existsSync(join(folder, "package-lock.json")) || folder === dirname(folder)) return files;
  }
}

function isCurrent(manifest: Manifest): boolean {
  return Object.entries(manifest.inputs).every(([path, expected]) => hash(path) === expected);
}

function hash(path: string): string | null {
  if (!existsSync(path)) return null;
  const content = statSync(path).isDirectory() ? readdirSync(path).sort().join("\n") : readFileSync(path);
  return createHash("sha256").update(content).digest("hex");
}

function isModuleExtension(extension: string): extension is keyof typeof MODULE_TYPES {
  return extension in MODULE_TYPES;
}

/** A file that only this module writes, so its shape is not checked again. */
function readManifest(path: string): Manifest | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Manifest) : undefined;
}

/** esbuild's documented metafile. */
function readMetafile(path: string): { inputs: Record<string, unknown> } {
  return JSON.parse(readFileSync(path, "utf8")) as { inputs: Record<string, unknown> };
}

async function dryRun(args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runWrangler(["deploy", "--dry-run", ...args], { capture: true });
  if (exitCode !== 0) throw new BundleFailed(`The Worker cannot be built.\n${(stdout + stderr).trim()}`);
}
