/** How long, and how many, what people fill in may be. The console's forms have these limits too, so nothing else is here. */

/** What the password of a user may be, in characters. */
export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 128;
/** Characters of a password that is checked: it may be older than the rules for new ones. */
export const MAX_KNOWN_PASSWORD_LENGTH = 1000;
/** Characters of the name of a user or an account. */
export const MAX_ACCOUNT_NAME_LENGTH = 64;
/** Characters of a part of a name that users, accounts or organizations are searched by. */
export const MAX_SEARCH_LENGTH = 64;
/** Characters of a text that the audit is searched by: a name with its tag, or an address. */
export const MAX_AUDIT_TEXT_LENGTH = 256;
/** Characters of an organization's name (guide 7.3.2). */
export const MAX_ORGANIZATION_LENGTH = 64;
/** Characters of an image's name in its organization (guide 7.3.2). */
export const MAX_IMAGE_LENGTH = 128;
/** Characters of a tag: OCI distribution-spec, "Pulling manifests". */
export const MAX_TAG_LENGTH = 128;
/** Tags that one request deletes. */
export const MAX_DELETED_TAGS = 100;
/** Images that one request changes or deletes: each takes several queries, of which D1 allows an invocation a thousand. */
export const MAX_CHANGED_IMAGES = 25;
/** Characters of an image's description (guide 4.5, table 4-1). */
export const MAX_DESCRIPTION_LENGTH = 30_000;
/** Characters of a share's description (guide, table 4-2). */
export const MAX_NOTE_LENGTH = 1000;
/** Access keys of a user (guide 4.2), as at Huawei's IAM: one in use, and one to change over to. */
export const MAX_ACCESS_KEYS = 2;
/** Days since a tag's last push (guide, table 4-4). */
export const MAX_RETENTION_DAYS = 365;
/** Tags that stay (guide, table 4-4). */
export const MAX_RETAINED_TAGS = 1000;
/** Exemptions of either kind in one aging rule. */
export const MAX_EXEMPTIONS = 100;
/** Characters of a pattern of immutable tags: D1 refuses longer ones when it applies them. */
export const MAX_TAG_PATTERN_LENGTH = 50;
/** Every push and deletion of a tag applies all patterns of its image. */
export const MAX_TAG_PATTERNS = 100;
/** Characters of a trigger's name (guide, table 4-3). */
export const MAX_TRIGGER_NAME_LENGTH = 64;
/** Characters of a trigger's condition. */
export const MAX_CONDITION_LENGTH = 1024;
export const MAX_CLUSTER_NAME_LENGTH = 128;
/** Characters of the name of a registry elsewhere, and of the credentials for it. Some clouds use a key of 3 KiB as a password. */
export const MAX_REMOTE_NAME_LENGTH = 64;
export const MAX_REMOTE_USERNAME_LENGTH = 256;
export const MAX_REMOTE_PASSWORD_LENGTH = 16_384;
/** Namespaces that a cluster is for. */
export const MAX_NAMESPACES = 100;
/** Characters of a glob of a rule of synchronization, and of an organization's name in another registry, which may be a path. */
export const MAX_SYNC_GLOB_LENGTH = 256;
export const MAX_REMOTE_ORGANIZATION_LENGTH = 255;
/** Characters of the address that a webhook goes to. */
export const MAX_URL_LENGTH = 2048;
/** Characters of a DNS label and of a subdomain, as Kubernetes has them (RFC 1123). */
export const MAX_LABEL_LENGTH = 63;
export const MAX_SUBDOMAIN_LENGTH = 253;
/** Trust rules of an account. */
export const MAX_TRUST_RULES = 50;
/** Characters of a trust rule's name. */
export const MAX_TRUST_RULE_NAME_LENGTH = 64;
/** Characters of an issuer's address, of an audience, and of the name of a claim. */
export const MAX_ISSUER_LENGTH = 255;
export const MAX_AUDIENCE_LENGTH = 255;
export const MAX_CLAIM_NAME_LENGTH = 128;
/** Characters of what a claim is compared with. */
export const MAX_CLAIM_PATTERN_LENGTH = 255;
export const MAX_TRUST_CONDITIONS = 20;
export const MAX_TRUST_GRANTS = 20;
/** Seconds that a login lasts which a job's token was exchanged for: no longer than a job of GitHub's may take. */
export const MIN_TRUST_LIFETIME_S = 300;
export const MAX_TRUST_LIFETIME_S = 6 * 3600;
export const DEFAULT_TRUST_LIFETIME_S = 3600;
