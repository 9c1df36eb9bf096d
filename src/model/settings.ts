/** What the operator may set in `wrangler.toml` (docs/deploy.md), with its defaults. */
import { z } from "zod";
import { ConfigurationError } from "../kernel/errors.ts";
import { parseOrigins } from "./origins.ts";
import { type AllowedTarget, parseAllowedTargets } from "./triggers/outbound.ts";
import { type OrganizationName, parseOrganizationName } from "../kernel/reference.ts";

const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")])
  .describe("true or false");
/** Text that a function reads, whose errors say what is wrong. */
const readBy = <T>(parse: (text: string) => T) =>
  z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
      return z.NEVER;
    }
  });

const GIB = 1024 ** 3;
const count = (max: number) => z.coerce.number().int().min(0).max(max);

const Variables = z.object({
  ORGANIZATION_QUOTA: count(1_000_000).default(5),
  CREATE_ORGANIZATION_ON_PUSH: flag.default(true),
  ANONYMOUS_PULL: flag.default(true),
  AUDIT_DAYS: count(36_500).min(1).default(180),
  // Not 0: a push names its blobs at its very end, up to a day after it sent the first or found it there (UPLOAD_IDLE_MS),
  // and the parts of an index before the index. For so long nothing that it relies on may go.
  GRACE_DAYS: count(365).min(1).default(7),
  PROJECT: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
    .default("berth"),
  UPLOAD_ARCHIVE_BYTES: count(100 * GIB)
    .min(1)
    .default(2 * GIB),
  ALLOWED_TARGETS: readBy(parseAllowedTargets).prefault(""),
  PUBLIC_URL: readBy(parseOrigins).prefault(""),
  UPLOADS_IN_MEMORY: count(1_000_000).min(4).optional(),
  CORS_ORIGINS: readBy(parseOrigins).prefault(""),
  DEFAULT_ORGANIZATION: readBy((text) => (text === "" ? undefined : parseOrganizationName(text))).prefault(""),
});

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
  /** Origins whose pages may use the registry API in a browser. */
  corsOrigins: readonly string[];
  /** Where images are whose name has no organization; undefined: such names are refused. */
  defaultOrganization: OrganizationName | undefined;
}

/** The variables by name. */
export const SETTING_NAMES: readonly string[] = Object.keys(Variables.shape);

let read: { from: object; settings: Settings } | undefined;

/**
 * Reads the variables of a Worker's environment.
 *
 * @throws ConfigurationError naming the variable that has no sense.
 */
export function readSettings(env: object): Settings {
  if (read?.from === env) return read.settings;
  const parsed = Variables.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigurationError(`the variable ${issue?.path.join(".")} is not valid: ${issue?.message}`);
  }
  const { data } = parsed;
  const settings: Settings = {
    organizationQuota: data.ORGANIZATION_QUOTA,
    createsOrganizationOnPush: data.CREATE_ORGANIZATION_ON_PUSH,
    allowsAnonymousPull: data.ANONYMOUS_PULL,
    auditDays: data.AUDIT_DAYS,
    graceDays: data.GRACE_DAYS,
    project: data.PROJECT,
    uploadArchiveBytes: data.UPLOAD_ARCHIVE_BYTES,
    allowedTargets: data.ALLOWED_TARGETS,
    publicUrls: data.PUBLIC_URL,
    uploadsInMemory: data.UPLOADS_IN_MEMORY,
    corsOrigins: data.CORS_ORIGINS,
    defaultOrganization: data.DEFAULT_ORGANIZATION,
  };
  read = { from: env, settings };
  return settings;
}
