import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where the built console is: `assets.directory` of wrangler.toml. */
export const CONSOLE_DIRECTORY = join(ROOT, "dist", "console");

const CONFIG = join(ROOT, "vite.console.config.ts");

/** Files and folders that the console is made of; package-lock.json stands for its packages. */
const SOURCES = [
  "src/console",
  "src/client",
  "src/kernel",
  // Guides.
  "docs",
  "vite.console.config.ts",
  "scripts/local/console.ts",
  "scripts/local/guides.ts",
  "package-lock.json",
];

/** Files that become smaller when they are compressed. */
const COMPRESSIBLE = /\.(?:css|html|js|json|svg|txt|webmanifest)$/;

/** Beside the build, because everything in its folder is served. */
const STAMP = `${CONSOLE_DIRECTORY}.sources`;

/** Vite refused to build the console: the message is what it said. */
export class ConsoleFailed extends Error {}

/**
 * Builds the console into {@link CONSOLE_DIRECTORY}, unless what is there was made of the same sources.
 *
 * @param options.force builds in any case.
 * @throws ConsoleFailed
 */
export async function buildConsole(options: { force?: boolean } = {}): Promise<void> {
  // Hashed before the build: a change during it makes the next one build again.
  const sources = hashSources();
  if (options.force !== true && isBuiltOf(sources)) return;

  const unfinished = `${CONSOLE_DIRECTORY}.${process.pid}`;
  const replaced = `${unfinished}.old`;
  try {
    await runVite(unfinished);
    compressFiles(unfinished);
    rmSync(STAMP, { force: true });
    mkdirSync(CONSOLE_DIRECTORY, { recursive: true });
    renameSync(CONSOLE_DIRECTORY, replaced);
    renameSync(unfinished, CONSOLE_DIRECTORY);
    writeFileSync(STAMP, sources);
  } catch (error) {
    // Another process of this checkout may have been faster, with the same sources.
    if (!isBuiltOf(sources)) throw error;
  } finally {
    for (const directory of [unfinished, replaced]) rmSync(directory, { recursive: true, force: true });
  }
}

/** In a process of its own, whose memory a server that goes on running does not keep. */
async function runVite(outDir: string): Promise<void> {
  const bin = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js");
  const args = ["build", "--config", CONFIG, "--outDir", outDir, "--emptyOutDir", "--logLevel", "warn"];
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    // A test runner, for one, sets another, and React would come with all of its checks.
    env: { ...process.env, NODE_ENV: "production", NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const exitCode = await new Promise<number | null>((done, reject) => child.on("error", reject).on("close", done));
  if (exitCode !== 0) throw new ConsoleFailed(`The console cannot be built.\n${output.trim()}`);
}

/**
 * Writes a `.br` and a `.gz` beside each file of a folder that is worth it: `compressed-assets.js` serves them. They are no assets,
 * because Cloudflare compresses by itself: `src/console/public/.assetsignore` says so.
 */
function compressFiles(folder: string): void {
  for (const path of filesOf(folder).filter((name) => COMPRESSIBLE.test(name))) {
    const file = readFileSync(path);
    const forms = {
      br: brotliCompressSync(file, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: file.length } }),
      gz: gzipSync(file, { level: constants.Z_BEST_COMPRESSION }),
    };
    for (const [ending, form] of Object.entries(forms)) {
      if (form.length < file.length) writeFileSync(`${path}.${ending}`, form);
    }
  }
}

function isBuiltOf(sources: string): boolean {
  return existsSync(STAMP) && existsSync(CONSOLE_DIRECTORY) && readFileSync(STAMP, "utf8") === sources;
}

/** SHA-256 over the names and contents of all sources. */
function hashSources(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesOf(join(ROOT, source))) {
      hash.update(`${relative(ROOT, file)}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
    }
  }
  return hash.digest("hex");
}

/** A file, or all files below a folder, in an order that is always the same. */
function filesOf(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return stats ? [path] : [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
