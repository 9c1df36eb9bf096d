/** What the operator may set in `wrangler.toml` (docs/deploy.md), with its defaults. */
import { ConfigurationError } from "../kernel/errors.ts";
import { parseOrigins } from "./origins.ts";
import { type AllowedTarget, parseAllowedTargets } from "./outbound/targets.ts";
import { type OrganizationName, parseOrganizationName } from "../kernel/reference.ts";

const GIB = 1024 ** 3;

/** Reads the value of a variable; undefined where the operator has set none. Throws an Error that says what is wrong. */
type Reader<T> = (value: unknown) => T;

// Plain functions: every request needs the settings, and a library for schemas would be most of an isolate's start.

/** A whole number. */
function count<D>(fallback: D, min: number, max: number): Reader<number | D> {
  return (value) => {
    if (value === undefined) return fallback;
    const number = typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new Error(`it must be a whole number from ${min} to ${max}`);
  };
}

const flag: Reader<boolean> = (value) => {
  if (value === undefined || value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new Error("it must be true or false");
};

/** Text that a function reads, whose errors say what is wrong. Not set is the same as empty. */
function text<T>(read: (value: string) => T): Reader<T> {
  return (value = "") => {
    if (typeof value === "string") return read(value);
    throw new Error("it must be text");
  };
}

/** What login commands call the region of. */
function parseProject(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name;
  throw new Error("it must be 1 to 64 letters, digits, _ and -, the first of them a letter or a digit");
}

/** `docker.io=hub, mirror.example.com=hub`: a registry's host, or one of this registry's own, and an organization. */
function parseMirrors(list: string): ReadonlyMap<string, OrganizationName> {
  const mirrors = new Map<string, OrganizationName>();
  for (const entry of list.split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    const [, host, organization] = /^([a-z0-9.-]+(?::\d{1,5})?)\s*=\s*(\S+)$/.exec(entry) ?? [];
    if (host === undefined || organization === undefined) {
      throw new Error(`"${entry}" is not host=organization, such as docker.io=hub`);
    }
    mirrors.set(host, parseOrganizationName(organization));
  }
  return mirrors;
}

/** Requests that the log has a line of: all, those that failed by the registry's own fault (a status of 500 or more), or none. */
export type LoggedRequests = "all" | "failures" | "none";

function parseLoggedRequests(name: string): LoggedRequests {
  if (name === "" || name === "all") return "all";
  if (name === "failures" || name === "none") return name;
  throw new Error("it must be all, failures or none");
}

interface Values {
  ORGANIZATION_QUOTA: number;
  CREATE_ORGANIZATION_ON_PUSH: boolean;
  ANONYMOUS_PULL: boolean;
  AUDIT_DAYS: number;
  GRACE_DAYS: number;
  PROJECT: string;
  UPLOAD_ARCHIVE_BYTES: number;
  ALLOWED_TARGETS: AllowedTarget[];
  PUBLIC_URL: string[];
  UPLOADS_IN_MEMORY: number | undefined;
  SYNC_PATIENCE_MS: number;
  CORS_ORIGINS: string[];
  DEFAULT_ORGANIZATION: OrganizationName | undefined;
  MIRRORS: ReadonlyMap<string, OrganizationName>;
  LOG_REQUESTS: LoggedRequests;
  LOG_ADDRESSES: boolean;
}

const READERS: { [N in keyof Values]: Reader<Values[N]> } = {
  ORGANIZATION_QUOTA: count(5, 0, 1_000_000),
  CREATE_ORGANIZATION_ON_PUSH: flag,
  ANONYMOUS_PULL: flag,
  AUDIT_DAYS: count(180, 1, 36_500),
  // Not 0: a push names its blobs at its very end, up to a day after it sent the first or found it there (UPLOAD_IDLE_MS),
  // and the parts of an index before the index. For so long nothing that it relies on may go.
  GRACE_DAYS: count(7, 1, 365),
  PROJECT: (value: unknown = "berth") => text(parseProject)(value),
  UPLOAD_ARCHIVE_BYTES: count(2 * GIB, 1, 100 * GIB),
  ALLOWED_TARGETS: text(parseAllowedTargets),
  PUBLIC_URL: text(parseOrigins),
  UPLOADS_IN_MEMORY: count(undefined, 4, 1_000_000),
  // A consumer of a queue may take 15 minutes, and a step of a job takes ten at most.
  SYNC_PATIENCE_MS: count(14 * 60_000, 0, 15 * 60_000),
  CORS_ORIGINS: text(parseOrigins),
  DEFAULT_ORGANIZATION: text((name) => (name === "" ? undefined : parseOrganizationName(name))),
  MIRRORS: text(parseMirrors),
  LOG_REQUESTS: text(parseLoggedRequests),
  LOG_ADDRESSES: flag,
};

export interface Settings {
  /** How many organizations a user may create (guide 1.5). */
  organizationQuota: number;
  /** Whether a push to an organization that does not exist creates it. */
  createsOrganizationOnPush: boolean;
  /** Whether public images may be pulled and listed without credentials. */
  allowsAnonymousPull: boolean;
  /** For how many days audit events are kept. */
  auditDays: number;
  /** Days until garbage collection deletes what nothing needs any more. */
  graceDays: number;
  /** The project name in login commands, where SWR has the region's (guide 4.2). */
  project: string;
  /** Bytes that an archive may have which is uploaded from the console, also unpacked (guide 1.5). */
  uploadArchiveBytes: number;
  /** What triggers may call besides public addresses over HTTPS. */
  allowedTargets: readonly AllowedTarget[];
  /** `https://host[:port]` of the deployment, the canonical one first; none: each request names its own (ADR 0016). */
  publicUrls: readonly string[];
  /** How many uploads are in the memory of this process at once; undefined where each has memory of its own. */
  uploadsInMemory: number | undefined;
  /** How long the queue waits for a job of synchronization: for a moment only where it hands out one batch at a time. */
  syncPatienceMs: number;
  /** Origins whose pages may use the registry API in a browser. */
  corsOrigins: readonly string[];
  /** Where images are whose name has no organization; undefined: such names are refused. */
  defaultOrganization: OrganizationName | undefined;
  /** Organizations by the registries that they are mirrors of, and by the hosts of this one that are mirrors of theirs. */
  mirrors: ReadonlyMap<string, OrganizationName>;
  loggedRequests: LoggedRequests;
  /** Whether the log of requests has the addresses of clients. */
  logsAddresses: boolean;
}

/** The variables by name. */
export const SETTING_NAMES: readonly string[] = Object.keys(READERS);

let read: { from: object; settings: Settings } | undefined;

/**
 * Reads the variables of a Worker's environment.
 *
 * @throws ConfigurationError naming the variable that has no sense.
 */
export function readSettings(env: object): Settings {
  if (read?.from === env) return read.settings;
  const variables = env as Readonly<Record<string, unknown>>;
  const settingOf = <N extends keyof Values>(name: N): Values[N] => {
    try {
      return READERS[name](variables[name]);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigurationError(`the variable ${name} is not valid: ${why}`, { cause: error });
    }
  };
  const settings: Settings = {
    organizationQuota: settingOf("ORGANIZATION_QUOTA"),
    createsOrganizationOnPush: settingOf("CREATE_ORGANIZATION_ON_PUSH"),
    allowsAnonymousPull: settingOf("ANONYMOUS_PULL"),
    auditDays: settingOf("AUDIT_DAYS"),
    graceDays: settingOf("GRACE_DAYS"),
    project: settingOf("PROJECT"),
    uploadArchiveBytes: settingOf("UPLOAD_ARCHIVE_BYTES"),
    allowedTargets: settingOf("ALLOWED_TARGETS"),
    publicUrls: settingOf("PUBLIC_URL"),
    uploadsInMemory: settingOf("UPLOADS_IN_MEMORY"),
    syncPatienceMs: settingOf("SYNC_PATIENCE_MS"),
    corsOrigins: settingOf("CORS_ORIGINS"),
    defaultOrganization: settingOf("DEFAULT_ORGANIZATION"),
    mirrors: settingOf("MIRRORS"),
    loggedRequests: settingOf("LOG_REQUESTS"),
    logsAddresses: settingOf("LOG_ADDRESSES"),
  };
  read = { from: env, settings };
  return settings;
}
