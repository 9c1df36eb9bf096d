/** What programs that run Berth on this machine share: their environment, how they stop and how they fail. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../../src/kernel/errors.ts";
import { checkSecrets, METRICS_TOKEN } from "../../src/model/secrets.ts";
import { readSettings, SETTING_NAMES, type Settings } from "../../src/model/settings.ts";
import { AdministratorRefused } from "../first-administrator.ts";
import { admission, listOf } from "./admission.ts";
import { BundleFailed } from "./bundle.ts";
import { CertificateProblem, readTls, type TlsChoice } from "./certificates.ts";
import { ConsoleFailed } from "./console.ts";
import { Explained } from "./explained.ts";
import { readListen } from "./listen.ts";
import { MigrationFailed } from "./migrations.ts";
import { PackageNotPatched } from "./patched-packages.ts";
import { PortUnavailable, WorkerdDied } from "./runtime.ts";
import { localSecrets } from "./secrets.ts";
import { StateUnusable } from "./state-folder.ts";
import { StateInUse } from "./state-lock.ts";

export { Explained };

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Failures whose message says all there is to say. */
const EXPLAINED = [
  Explained,
  AdministratorRefused,
  BundleFailed,
  CertificateProblem,
  ConfigurationError,
  ConsoleFailed,
  MigrationFailed,
  PackageNotPatched,
  PortUnavailable,
  StateInUse,
  StateUnusable,
  WorkerdDied,
];

/** What the environment sets. */
export interface LocalEnvironment {
  port: number;
  /** The address to listen on. */
  listen: string;
  stateDir: string;
  /** How it speaks TLS; undefined for plain HTTP. */
  tls: TlsChoice | undefined;
  /** PUBLIC_URL; the canonical address is the first. */
  publicUrls: readonly string[];
  /** The administrator's password. */
  password: string | undefined;
  /** Reverse proxies whose `X-Forwarded-For` counts. */
  trustedProxies: string[];
  /** Secrets of the state directory, made if need be, and what is set in place of wrangler.toml. */
  bindings: () => Record<string, string>;
}

/** @throws Explained when the environment holds something that cannot be used. */
export function readEnvironment(): LocalEnvironment {
  const { variables, settings } = readVariables();
  const metricsToken = readMetricsToken(process.env[METRICS_TOKEN]);
  const stateDir = resolve(process.env.STATE_DIR || join(ROOT, ".berth"));
  return {
    port: readPort(process.env.PORT),
    listen: explained(() => readListen(process.env.LISTEN)),
    stateDir,
    tls: explained(() => readTls(process.env)),
    publicUrls: settings.publicUrls,
    password: process.env.ADMIN_PASSWORD || undefined,
    trustedProxies: readTrustedProxies(process.env.TRUSTED_PROXIES),
    bindings: () => ({ ...localSecrets(join(stateDir, "secrets.json")), ...variables, ...metricsToken }),
  };
}

function readVariables(): { variables: Record<string, string>; settings: Settings } {
  const entries = SETTING_NAMES.map((name) => [name, process.env[name]] as const);
  const variables = Object.fromEntries(entries.filter((entry): entry is [string, string] => Boolean(entry[1])));
  return { variables, settings: explained(() => readSettings(variables)) };
}

/** Not kept with the other secrets, since those who read the metrics have it as well. */
function readMetricsToken(token: string | undefined): Record<string, string> {
  if (!token) return {};
  explained(() => checkSecrets({ [METRICS_TOKEN]: token }));
  return { [METRICS_TOKEN]: token };
}

function readTrustedProxies(text: string | undefined): string[] {
  const entries = listOf(text);
  explained(() => admission({ trustedProxies: entries }));
  return entries;
}

/** @throws Explained with the words of the error. */
function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Explained(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readPort(text: string | undefined): number {
  if (!text) return 8787;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Explained(`PORT must be a number from 0 to 65535, not "${text}".`);
  return port;
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP, or when the process that started this one is gone. */
export function untilStopRequested(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // Miniflare's own listeners end the process at once, with requests in flight.
      process.removeAllListeners(signal);
      process.on(signal, () => stop());
    }
    process.once("disconnect", () => stop());
  });
}

/** Runs a program to its end, and ends the process: with the exit code that it answers, or 1 when it fails. */
export async function runProgram(main: () => Promise<number>): Promise<never> {
  // What this process and workerd write is nobody else's to read: databases, blobs, secrets.
  process.umask(0o077);
  try {
    process.exit(await main());
  } catch (error) {
    const isExplained = EXPLAINED.some((type) => error instanceof type);
    console.error(isExplained && error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
