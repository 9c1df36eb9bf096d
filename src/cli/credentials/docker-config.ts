/** docker's configuration file, `config.json`: who somebody is to each registry, or which program knows. */
import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Credentials } from "../../client/authorization.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writePrivateFile } from "../private-file.ts";

/** What the file holds for one registry. */
interface StoredAuth {
  /** Base64 of `name:password`. */
  auth?: string;
  username?: string;
  password?: string;
  /** A refresh token, which stands for a password. */
  identitytoken?: string;
  /** A bearer token as it is. */
  registrytoken?: string;
}

export interface DockerConfig {
  auths?: Record<string, StoredAuth>;
  /** The credential helper of all registries. */
  credsStore?: string;
  /** Credential helpers of single registries. */
  credHelpers?: Record<string, string>;
}

/** Where docker keeps its configuration. */
export function dockerConfigFile(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment["DOCKER_CONFIG"] || join(homedir(), ".docker"), "config.json");
}

/**
 * Reads the configuration; one that is not there is empty.
 *
 * @throws Failure when it cannot be read, or is no JSON.
 */
export function readDockerConfig(file = dockerConfigFile()): DockerConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Failure(EXIT.failed, `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (text.trim() === "") return {};
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === "object" && config !== null && !Array.isArray(config)) return config;
  } catch {
    // Said below.
  }
  throw new Failure(EXIT.failed, `${file} is not what docker writes`, { hint: "Mend it, or move it away." });
}

/** The credentials that the file itself holds for a registry. */
export function findStoredCredentials({ auths = {} }: DockerConfig, registry: string): Credentials | undefined {
  const key = keyOf(auths, registry);
  const stored = key === undefined ? undefined : auths[key];
  if (!stored) return undefined;
  if (stored.registrytoken) return { kind: "bearer", token: stored.registrytoken };
  if (stored.identitytoken) return { kind: "identity-token", token: stored.identitytoken };
  const decoded = stored.auth ? Buffer.from(stored.auth, "base64").toString("utf8").replaceAll("\0", "") : "";
  const colon = decoded.indexOf(":");
  const name = stored.username || (colon > 0 ? decoded.slice(0, colon) : "");
  const password = stored.password || (colon > 0 ? decoded.slice(colon + 1) : "");
  return name === "" || password === "" ? undefined : { kind: "password", name, password };
}

/** Which program knows the credentials of a registry: its own one, or that of all. */
export function findHelper({ credHelpers = {}, credsStore }: DockerConfig, registry: string): string | undefined {
  const key = keyOf(credHelpers, registry);
  return (key === undefined ? undefined : credHelpers[key]) || credsStore || undefined;
}

/** Puts credentials into the file, or, if there are none, takes them out. All else in it stays. */
export function storeInFile(registry: string, credentials: Credentials | undefined, name: string): void {
  changeAuths(registry, (auths) => {
    if (credentials?.kind === "password") auths[registry] = { auth: encode(credentials.name, credentials.password) };
    if (credentials?.kind === "identity-token") {
      auths[registry] = { auth: encode(name, ""), identitytoken: credentials.token };
    }
  });
}

/** Notes that a helper has the credentials: docker lists a registry by an empty entry then. */
export function noteInFile(registry: string): void {
  changeAuths(registry, (auths) => {
    auths[registry] = {};
  });
}

function changeAuths(registry: string, change: (auths: Record<string, StoredAuth>) => void): void {
  const file = dockerConfigFile();
  const config = readDockerConfig(file);
  const auths = { ...config.auths };
  for (let key = keyOf(auths, registry); key !== undefined; key = keyOf(auths, registry)) delete auths[key];
  change(auths);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // docker indents by tabs.
  writePrivateFile(file, `${JSON.stringify({ ...config, auths }, undefined, "\t")}\n`);
}

function encode(name: string, password: string): string {
  return Buffer.from(`${name}:${password}`).toString("base64");
}

/** The key that stands for a registry: older programs wrote a URL in place of the host. */
function keyOf(entries: Readonly<Record<string, unknown>>, registry: string): string | undefined {
  if (Object.hasOwn(entries, registry)) return registry;
  return Object.keys(entries).find((key) => hostOf(key) === hostOf(registry));
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}
