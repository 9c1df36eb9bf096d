/** The tables of docs/limits-and-cost.md that say how much of something there may be, made from the constants that the code goes by. */
import { formatBytes } from "../../src/kernel/byte-units.ts";
import * as fields from "../../src/kernel/field-limits.ts";
import * as limits from "../../src/kernel/limits.ts";
import { table } from "./cost.ts";

type Unit = "" | "bytes" | "ms" | "s" | "characters";
type Rows<Name extends string> = Record<Name, [what: string, unit: Unit]>;

/** Every limit of `kernel/limits.ts`; one without a line here does not compile. */
const CONTENT: Rows<keyof typeof limits> = {
  MAX_BLOB_BYTES: ["a layer, or another blob", "bytes"],
  MAX_MANIFEST_BYTES: ["a manifest", "bytes"],
  MAX_DESCRIPTORS: ["layers of an image, or manifests of an index", ""],
  MAX_MANIFEST_VALUES: ["JSON values in a manifest", ""],
  MAX_MEDIA_TYPE_LENGTH: ["a media type or artifact type", "characters"],
  MAX_PLATFORM_FIELD_LENGTH: ["each field of a platform", "characters"],
  MAX_ANNOTATION_NAME_LENGTH: ["the name of an annotation", "characters"],
  UPLOAD_PART_BYTES: ["a part that an upload in chunks is stored in", "bytes"],
  UPLOAD_IDLE_MS: ["an idle upload is kept for", "ms"],
  UPLOAD_DONE_MS: ["the answer to an upload that has ended is kept for", "ms"],
  MAX_BEGUN_IMAGES: ["images of an organization that have blobs and no manifest yet", ""],
  ORGANIZATION_NAME_REST_MS: ["the name of a deleted organization is closed to other accounts for", "ms"],
  MAX_PAGE_UPLOADS: ["archives that the upload page takes at once", ""],
  MAX_TRIGGERS: ["triggers of an image", ""],
  MAX_ACCOUNT_TRIGGERS: ["triggers of an account", ""],
  MAX_CLUSTERS: ["clusters of an organization", ""],
  MAX_ACCOUNT_CLUSTERS: ["clusters of an account", ""],
  MAX_SYNC_RULES: ["rules of synchronization of an image", ""],
  MAX_ORGANIZATION_SYNC_RULES: ["rules of synchronization of an organization", ""],
  MAX_ACCOUNT_SYNC_RULES: ["rules of synchronization of an account", ""],
  MAX_SYNC_JOBS_PER_PUSH: ["jobs of synchronization that a push sets off", ""],
  MAX_SYNCED_TAGS: ["tags that a request synchronizes", ""],
  MAX_REMOTES: ["remote registries of an account", ""],
  MAX_ACCOUNT_USERS: ["users of an account", ""],
  MAX_DELIVERIES_PER_PUSH: ["deliveries that a push sets off", ""],
};

/** The same of `kernel/field-limits.ts`. */
const FIELDS: Rows<keyof typeof fields> = {
  MIN_PASSWORD_LENGTH: ["a new password, at least", "characters"],
  MAX_PASSWORD_LENGTH: ["a new password, at most", "characters"],
  MAX_KNOWN_PASSWORD_LENGTH: ["a password that is checked", "characters"],
  MAX_ACCOUNT_NAME_LENGTH: ["the name of a user or account", "characters"],
  MAX_SEARCH_LENGTH: ["a part of a name that is searched for", "characters"],
  MAX_AUDIT_TEXT_LENGTH: ["a text that the audit is searched for", "characters"],
  MAX_ORGANIZATION_LENGTH: ["the name of an organization", "characters"],
  MAX_IMAGE_LENGTH: ["the name of an image in its organization", "characters"],
  MAX_TAG_LENGTH: ["a tag", "characters"],
  MAX_DELETED_TAGS: ["tags that a request deletes", ""],
  MAX_CHANGED_IMAGES: ["images that one request changes or deletes", ""],
  MAX_DESCRIPTION_LENGTH: ["an image's description", "characters"],
  MAX_NOTE_LENGTH: ["a share's description", "characters"],
  MAX_ACCESS_KEYS: ["access keys of a user", ""],
  MAX_RETENTION_DAYS: ["days of an aging rule", ""],
  MAX_RETAINED_TAGS: ["tags that an aging rule keeps", ""],
  MAX_EXEMPTIONS: ["exemptions of an aging rule, of either kind", ""],
  MAX_TAG_PATTERN_LENGTH: ["a pattern of immutable tags", "characters"],
  MAX_TAG_PATTERNS: ["patterns of immutable tags of an image", ""],
  MAX_TRIGGER_NAME_LENGTH: ["a trigger's name", "characters"],
  MAX_CONDITION_LENGTH: ["a trigger's condition", "characters"],
  MAX_CLUSTER_NAME_LENGTH: ["a cluster's name", "characters"],
  MAX_REMOTE_NAME_LENGTH: ["the name of a remote registry", "characters"],
  MAX_REMOTE_USERNAME_LENGTH: ["a user name for a remote registry", "characters"],
  MAX_REMOTE_PASSWORD_LENGTH: ["a password for a remote registry", "characters"],
  MAX_NAMESPACES: ["namespaces that a cluster is for", ""],
  MAX_SYNC_GLOB_LENGTH: ["a glob of a rule of synchronization", "characters"],
  MAX_REMOTE_ORGANIZATION_LENGTH: ["an organization in a remote registry", "characters"],
  MAX_URL_LENGTH: ["the address of a webhook", "characters"],
  MAX_LABEL_LENGTH: ["a label of DNS", "characters"],
  MAX_SUBDOMAIN_LENGTH: ["a name in Kubernetes", "characters"],
  MAX_TRUST_RULES: ["trust rules of an account", ""],
  MAX_TRUST_RULE_NAME_LENGTH: ["a trust rule's name", "characters"],
  MAX_ISSUER_LENGTH: ["an issuer's address", "characters"],
  MAX_AUDIENCE_LENGTH: ["an audience", "characters"],
  MAX_CLAIM_NAME_LENGTH: ["the name of a claim", "characters"],
  MAX_CLAIM_PATTERN_LENGTH: ["what a claim is compared with", "characters"],
  MAX_TRUST_CONDITIONS: ["conditions of a trust rule", ""],
  MAX_TRUST_GRANTS: ["grants of a trust rule", ""],
  MIN_TRUST_LIFETIME_S: ["a login that a job exchanges its token for, at least", "s"],
  MAX_TRUST_LIFETIME_S: ["the same, at most", "s"],
  DEFAULT_TRUST_LIFETIME_S: ["the same, unless the rule says otherwise", "s"],
};

/** The table of what a push, an organization and an account may have. */
export function contentLimits(): string {
  return tableOf(CONTENT, limits);
}

/** The table of what people fill in. */
export function fieldLimits(): string {
  return tableOf(FIELDS, fields);
}

function tableOf<Name extends string>(rows: Rows<Name>, values: Record<Name, number>): string {
  const names = Object.keys(rows) as Name[];
  return table(
    ["what", "limit"],
    names.map((name) => [rows[name][0], valueOf(values[name], rows[name][1])]),
  );
}

function valueOf(value: number, unit: Unit): string {
  if (unit === "bytes") return formatBytes(value);
  if (unit === "ms") return durationOf(value / 1000);
  if (unit === "s") return durationOf(value);
  const number = value.toLocaleString("en-US");
  return unit === "" ? number : `${number} ${unit}`;
}

function durationOf(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`;
}
