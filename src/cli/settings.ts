/** What this tool remembers between commands: which registry is meant when none is named. Secrets are docker's to keep. */
import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Failure, usageFailure } from "./failure.ts";
import { EXIT } from "./exit-codes.ts";
import { parseRegistryAddress, type RegistryAddress } from "./registry-address.ts";
import { writePrivateFile } from "./private-file.ts";

interface Settings {
  /** An address as `parseRegistryAddress` takes it. */
  registry?: string;
}

/** The file, after the XDG Base Directory specification. */
export function settingsFile(environment: NodeJS.ProcessEnv = process.env): string {
  const fallback = process.platform === "win32" ? environment["APPDATA"] : undefined;
  const folder = environment["XDG_CONFIG_HOME"] || fallback || join(homedir(), ".config");
  return join(folder, "berth", "config.json");
}

/**
 * The registry that a command is about.
 *
 * @param option the value of `--registry`; without it BERTH_REGISTRY counts, then what the last login was to.
 * @throws Failure (usage) when there is none.
 */
export function chooseRegistry(option: string | undefined): RegistryAddress {
  const chosen = option ?? (process.env["BERTH_REGISTRY"] || readSettings().registry);
  if (chosen !== undefined) return parseRegistryAddress(chosen);
  throw usageFailure(
    "no registry is named",
    "Give one by --registry or BERTH_REGISTRY, or sign in once: berth login registry.example.com",
  );
}

/** Remembers the registry for commands that name none. */
export function rememberRegistry({ url, name }: RegistryAddress): void {
  const usual = parseRegistryAddress(name);
  const registry = usual.url.href === url.href ? name : url.origin;
  const file = settingsFile();
  mkdirSync(dirname(file), { recursive: true });
  writePrivateFile(file, `${JSON.stringify({ ...readSettings(), registry }, undefined, 2)}\n`);
}

/** Forgets the registry if it is the one that is remembered. */
export function forgetRegistry({ url }: RegistryAddress): void {
  const { registry, ...others } = readSettings();
  if (registry === undefined || parseRegistryAddress(registry).url.href !== url.href) return;
  writePrivateFile(settingsFile(), `${JSON.stringify(others, undefined, 2)}\n`);
}

function readSettings(): Settings {
  const file = settingsFile();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Failure(EXIT.failed, `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { registry } = JSON.parse(text) as Settings;
    return typeof registry === "string" ? { registry } : {};
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} is no JSON`, { hint: "Delete it, and sign in again.", cause: error });
  }
}
