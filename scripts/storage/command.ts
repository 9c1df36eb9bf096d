/** What `npm run backup`, `restore` and `check-storage` share: arguments, and which storage they mean. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Explained, readEnvironment } from "../local/program.ts";
import { openLocalStore } from "../local/storage.ts";
import { openCloudflareStore } from "./cloudflare.ts";
import type { Store } from "./store.ts";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CONFIG = join(ROOT, "wrangler.toml");

/** @throws Explained the usage. */
export function readArguments<F extends string>(
  args: readonly string[],
  usage: string,
  flags: readonly F[],
  hasFolder: boolean,
): { folder: string; flags: ReadonlySet<F> } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(flags.map((flag) => [flag, { type: "boolean" as const }])),
    });
    const [folder = "", ...others] = positionals;
    if (others.length === 0 && (folder !== "") === hasFolder) {
      return { folder, flags: new Set(flags.filter((flag) => values[flag] === true)) };
    }
  } catch {
    // An unknown option.
  }
  throw new Explained(`Usage: ${usage}`);
}

/** Opens the storage of the registry on this machine (STATE_DIR), or on Cloudflare. */
export async function openStore(isOnCloudflare: boolean, isRestored = false): Promise<Store> {
  if (!isOnCloudflare) return openLocalStore(readEnvironment().stateDir, CONFIG, isRestored);
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const { name }: { name?: string } = readConfig({ config: CONFIG }, { hideWarnings: true });
  return openCloudflareStore(name ?? "", process.env);
}

/** The version of Berth. */
export function readVersion(): string {
  const { version } = createRequire(import.meta.url)(join(ROOT, "package.json")) as { version: string };
  return version;
}

/** Failures of files that the user can mend, in plain words. */
export async function explainingFiles<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code];
    if (reason === undefined || !(error instanceof Error)) throw error;
    throw new Explained(`${reason} (${error.message}). What was done stays: repeat the command.`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "This user may not read and write there",
  EDQUOT: "The quota of this user is used up",
  ENOSPC: "No space is left on the disk",
  ENOTDIR: "A part of the path is no folder",
  EEXIST: "A part of the path is no folder",
  EPERM: "The system does not allow it",
  EROFS: "The file system can only be read",
};

export function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
