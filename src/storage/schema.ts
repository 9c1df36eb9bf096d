/**
 * Every table of Berth's D1 database. Internal ids are integers (edges are the largest tables), digests and names are
 * text, times are milliseconds since 1970. `docs/storage-layout.md` draws how the tables hang together.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Level, Role, UserKind } from "../model/rights/access.ts";
import type { TrustCondition } from "../model/trust/trust-rules.ts";
import type { AuditAction, AuditResult } from "../model/audit/audit.ts";
import type { Digest } from "../kernel/digest.ts";
import type { DeliveryStatus } from "../model/triggers/deliveries.ts";
import type { QuotaHolder, QuotaResource } from "../kernel/quotas.ts";
import type { AgingKind } from "../model/aging/aging-rules.ts";
import type { ConditionKind } from "../model/triggers/triggers.ts";
import type { OrganizationName, RepositoryName, Tag } from "../kernel/reference.ts";
import type { SyncOperation, SyncStatus } from "../model/sync/sync-jobs.ts";
import type { SessionKind } from "../model/logins/sessions.ts";
import type { RateLimitState } from "../model/upstreams/rate-limit.ts";
import type { Content, DigestKey } from "../kernel/tag-kind.ts";

/** The cron triggers of wrangler.toml. */
export type CronName = "hour" | "minute";

/** What was deleted and is to be taken apart, or an image whose manifests are to be looked at again. */
export type CleanupKind = "account" | "image" | "organization" | "trigger" | "untagged" | "user";

const id = () => integer("id").primaryKey();
/** For what tokens, audit and numbers refer to after it is gone: an id that is never given to another. */
const lastingId = () => integer("id").primaryKey({ autoIncrement: true });
const createdAt = () => integer("created_at", { mode: "timestamp_ms" }).notNull();

const time = (name: string) => integer(name, { mode: "timestamp_ms" });

/** Tenants: each has users and organizations of its own. */
export const accounts = sqliteTable("accounts", {
  id: lastingId(),
  name: text("name").notNull().unique(),
  createdAt: createdAt(),
  /** Kept by triggers on `users` and `organizations` (migration 0006). */
  userCount: integer("user_count").notNull().default(0),
  organizationCount: integer("organization_count").notNull().default(0),
  /** Of all of its images and organizations, deleted ones included until they are gone; kept by triggers (migration 0006). */
  triggerCount: integer("trigger_count").notNull().default(0),
  clusterCount: integer("cluster_count").notNull().default(0),
  /** Companions of its images; kept by triggers (migration 0007). */
  companionCount: integer("companion_count").notNull().default(0),
  /** Rows of `audit_events` and `tag_history` that are its own: triggers keep the numbers and drop the oldest (migration 0004). */
  auditEventCount: integer("audit_event_count").notNull().default(0),
  tagEventCount: integer("tag_event_count").notNull().default(0),
});

/**
 * How much accounts and organizations have of what all share, and may have: `kernel/quotas.ts`. Their rows come and go with
 * them, and `used` is kept by triggers, which let no batch end above a limit (migration 0004).
 */
export const quotas = sqliteTable(
  "quotas",
  {
    holder: text("holder").$type<QuotaHolder>().notNull(),
    /** The account's or organization's id; 0 in the rows that hold for those without a limit of their own. */
    holderId: integer("holder_id").notNull(),
    resource: text("resource").$type<QuotaResource>().notNull(),
    /** An organization's account, which counts along. */
    accountId: integer("account_id"),
    used: integer("used").notNull().default(0),
    /** The last number allowed; null: as the row of id 0 says. */
    ownLimit: integer("own_limit"),
  },
  (table) => [
    primaryKey({ columns: [table.holder, table.holderId, table.resource] }),
    index("quotas_with_own_limit")
      .on(table.holder, table.holderId)
      .where(sql`${table.ownLimit} IS NOT NULL`),
  ],
);

export const users = sqliteTable(
  "users",
  {
    id: lastingId(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text("name").notNull().unique(),
    role: text("role").$type<Role>().notNull(),
    /** PHC string of `model/logins/passwords.ts`. */
    passwordHash: text("password_hash").notNull(),
    createdAt: createdAt(),
    /** How often the password was changed, kept by the trigger `password_changed`: what tokens are bound to. */
    passwordChanges: integer("password_changes").notNull().default(0),
    /** Who acts: only a `person` has a password. */
    kind: text("kind").$type<UserKind>().notNull().default("person"),
  },
  (table) => [
    index("users_by_account").on(table.accountId, table.name),
    index("users_with_role")
      .on(table.accountId, table.role)
      .where(sql`${table.role} <> 'member'`),
  ],
);

/** AK/SK pairs (guide 4.2). The secret is the key that requests are signed with, so it must be readable. */
export const accessKeys = sqliteTable(
  "access_keys",
  {
    id: id(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    accessKey: text("access_key").notNull().unique(),
    /**
     * Under the Worker's ENCRYPTION_KEY, as `model/encryption.ts` writes it. All columns that are have an index by that key
     * (migration 0004; drizzle-kit cannot write it): `storage/housekeeping/secret-rotation.ts`.
     */
    encryptedSecret: text("encrypted_secret").notNull(),
    createdAt: createdAt(),
    /** To within a minute. */
    lastUsedAt: time("last_used_at"),
    /** From when on it is refused everywhere; null: never. */
    endsAt: time("ends_at"),
  },
  (table) => [index("access_keys_by_user").on(table.userId)],
);

/**
 * Whose jobs an account lets in without a password (ADR 0032): `model/trust/trust-rules.ts`. The rule acts as a user of kind
 * `rule`, whose permissions are the rule's grants.
 */
export const trustRules = sqliteTable(
  "trust_rules",
  {
    /** The user that the rule acts as. */
    userId: integer("user_id")
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text("name").notNull(),
    /** What tokens have as `iss`, character by character. */
    issuer: text("issuer").notNull(),
    /** What tokens have as `aud`, or among it. */
    audience: text("audience").notNull(),
    /** JSON array of conditions, all of which have to hold. */
    conditions: text("conditions", { mode: "json" }).$type<readonly TrustCondition[]>().notNull(),
    /** Seconds that a login lasts which a job's token was exchanged for. */
    lifetime: integer("lifetime").notNull(),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("trust_rules_by_name").on(table.accountId, table.name),
    index("trust_rules_by_issuer").on(table.issuer, table.audience, table.accountId),
  ],
);

/** Logins that last, each with a token: `model/logins/sessions.ts`. */
export const sessions = sqliteTable(
  "sessions",
  {
    /** SHA-256 of the token, hexadecimal: who reads this table gets no session. */
    tokenHash: text("token_hash").primaryKey(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
    /** Of a refresh token: put off by every recorded use. */
    expiresAt: time("expires_at").notNull(),
    kind: text("kind").$type<SessionKind>().notNull().default("browser"),
    /** Of the password that it was made with: with another one it has ended. Null from before there was this column. */
    passwordChanges: integer("password_changes"),
    /** What the client called itself at the login. */
    client: text("client"),
    /** The client's IP address at the login, and at the last recorded use, where the platform tells. */
    address: text("address"),
    lastAddress: text("last_address"),
    /** To within some minutes; null when it was only made. */
    lastUsedAt: time("last_used_at"),
  },
  (table) => [index("sessions_by_user").on(table.userId), index("sessions_by_expiry").on(table.expiresAt)],
);

/** Signatures of requests that changed something, for as long as their date would let them be sent once more. */
export const usedSignatures = sqliteTable(
  "used_signatures",
  {
    signature: text("signature").primaryKey(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [index("used_signatures_by_expiry").on(table.expiresAt)],
);

export const organizations = sqliteTable(
  "organizations",
  {
    id: lastingId(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text("name").$type<OrganizationName>().notNull().unique(),
    /** Whose quota it counts against. */
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    /** Users with a permission on all of its images; kept by triggers (migration 0006). */
    userCount: integer("user_count").notNull().default(0),
    /** Bytes of its images, each with all of its blobs; kept by triggers (migration 0006). */
    imageBytes: integer("image_bytes").notNull().default(0),
    /** Companions of its images, which its quota of tags counts along; kept by triggers (migration 0007). */
    companionCount: integer("companion_count").notNull().default(0),
    /** As `repositories.usageChangedOn`. */
    usageChangedOn: integer("usage_changed_on"),
  },
  (table) => [
    index("organizations_by_account").on(table.accountId, table.name),
    index("organizations_by_creator").on(table.createdBy),
  ],
);

/** Rights on all images of an organization (guide 6). */
export const organizationPermissions = sqliteTable(
  "organization_permissions",
  {
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    level: text("level").$type<Level>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.userId] }),
    index("organization_permissions_by_user").on(table.userId, table.organizationId),
  ],
);

export const repositories = sqliteTable(
  "repositories",
  {
    id: lastingId(),
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id),
    /** The organization's: lists of an account's images walk one index. 0 once it is deleted (`storage/deletion/gone.ts`). */
    accountId: integer("account_id").notNull().default(0),
    /** The whole name, `organization/image`: a pull finds its repository by one index. */
    name: text("name").$type<RepositoryName>().notNull().unique(),
    isPublic: integer("is_public", { mode: "boolean" }).notNull().default(false),
    category: text("category").notNull().default("other"),
    description: text("description").notNull().default(""),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    /** Last push of a manifest, deletion or change of a property. */
    updatedAt: time("updated_at")
      .notNull()
      .default(sql`0`),
    pullCount: integer("pull_count").notNull().default(0),
    /** Without companions; kept by triggers on `tags` (migrations 0001 and 0007). */
    tagCount: integer("tag_count").notNull().default(0),
    /** Of its tags those that belong to a manifest, which `tagCount` leaves out; kept by triggers (migration 0007). */
    companionCount: integer("companion_count").notNull().default(0),
    /** Bytes of its blobs, each counted once; kept by triggers on `repository_blobs` (migration 0001). */
    storedBytes: integer("stored_bytes").notNull().default(0),
    /** Whether manifests that nothing needs any more stay all the same. */
    keepsUntagged: integer("keeps_untagged", { mode: "boolean" }).notNull().default(false),
    /** Shares, ended ones among them; kept by triggers on `shares` (migration 0006). */
    shareCount: integer("share_count").notNull().default(0),
    /**
     * Raised by triggers whenever a manifest or a blob is removed from it, or it is deleted: what caches have of it is known
     * by its generation (migration 0008).
     */
    generation: integer("generation").notNull().default(0),
    /**
     * Whether it is an image: somebody created it, or a manifest came; a trigger on `manifests` sets it then (migration 0013).
     * Until then it only has the blobs of a push that is under way, and counts nowhere (ADR 34).
     */
    isImage: integer("is_image", { mode: "boolean" }).notNull().default(true),
    /** When the newest of its tags was moved, companions aside; 0 without tags. Kept by triggers on `tags` (migration 0013). */
    pushedAt: integer("pushed_at").notNull().default(0),
    /**
     * The last day (UTC, days since 1970) on which its bytes or tags changed; null: none since it was created, or since there
     * is this column. Kept by the trigger that writes `daily_image_usage` (migration 0015).
     */
    usageChangedOn: integer("usage_changed_on"),
  },
  (table) => [
    index("repositories_by_push").on(table.accountId, table.pushedAt),
    index("repositories_by_organization_push").on(table.organizationId, table.pushedAt),
    index("repositories_begun")
      .on(table.organizationId, table.createdAt)
      .where(sql`${table.isImage} = 0`),
    index("repositories_begun_by_time")
      .on(table.createdAt)
      .where(sql`${table.isImage} = 0`),
    index("repositories_by_organization").on(table.organizationId, table.name),
    index("repositories_by_organization_update").on(table.organizationId, table.updatedAt),
    index("repositories_by_organization_tag_count").on(table.organizationId, table.tagCount),
    index("repositories_by_name").on(table.accountId, table.name),
    index("repositories_by_update").on(table.accountId, table.updatedAt),
    index("repositories_by_tag_count").on(table.accountId, table.tagCount),
    index("repositories_by_category").on(table.accountId, table.category),
    index("repositories_by_visibility").on(table.accountId, table.isPublic),
    index("repositories_by_creator")
      .on(table.createdBy)
      .where(sql`${table.createdBy} IS NOT NULL`),
    index("repositories_public")
      .on(table.name)
      .where(sql`${table.isPublic} = 1`),
    index("repositories_public_by_update")
      .on(table.updatedAt)
      .where(sql`${table.isPublic} = 1`),
    index("repositories_public_by_tag_count")
      .on(table.tagCount)
      .where(sql`${table.isPublic} = 1`),
    index("repositories_public_by_category")
      .on(table.category)
      .where(sql`${table.isPublic} = 1`),
    index("repositories_shared_by_account")
      .on(table.accountId, table.name)
      .where(sql`${table.shareCount} > 0`),
    index("repositories_shared_by_name")
      .on(table.name)
      .where(sql`${table.shareCount} > 0`),
    index("repositories_shared_by_update")
      .on(table.updatedAt)
      .where(sql`${table.shareCount} > 0`),
    index("repositories_shared_by_tag_count")
      .on(table.tagCount)
      .where(sql`${table.shareCount} > 0`),
  ],
);

/** Rights on one image (guide 6). */
export const repositoryPermissions = sqliteTable(
  "repository_permissions",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    level: text("level").$type<Level>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.userId] }),
    index("repository_permissions_by_user").on(table.userId, table.repositoryId),
  ],
);

/** Private images that another account may pull (guide 4.6). */
export const shares = sqliteTable(
  "shares",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    /** As it was given: "forever" or a time, of which only the day counts. */
    deadline: text("deadline").notNull(),
    /** The first moment at which it no longer holds; null for ever. */
    endsAt: time("ends_at"),
    note: text("note").notNull().default(""),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.accountId] }),
    index("shares_by_account").on(table.accountId, table.repositoryId),
  ],
);

/** Tags that, once there, are neither moved nor deleted: `model/tag-pattern.ts`. */
export const immutableTagRules = sqliteTable(
  "immutable_tag_rules",
  {
    id: id(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    pattern: text("pattern").notNull(),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex("immutable_tag_rules_by_pattern").on(table.repositoryId, table.pattern)],
);

/** Who did what. Names are copied, so that an event outlives what it is about. */
export const auditEvents = sqliteTable(
  "audit_events",
  {
    id: id(),
    createdAt: createdAt(),
    /** Whose event it is: the organization's account, otherwise the user's; null for a login nobody could be found for. */
    accountId: integer("account_id"),
    organization: text("organization").$type<OrganizationName>(),
    userId: integer("user_id"),
    userName: text("user_name").notNull(),
    /** The client's IP address, where the platform tells. */
    address: text("address"),
    action: text("action").$type<AuditAction>().notNull(),
    /** What it was done to: a repository with its tag or digest, an organization, a user. */
    resource: text("resource").notNull(),
    result: text("result").$type<AuditResult>().notNull(),
    /** JSON object of further particulars; never a secret. */
    detail: text("detail"),
    /** The account that caused it where that is another than `accountId`, or 0 where nobody knows: these are limited. */
    originAccountId: integer("origin_account_id"),
  },
  (table) => [
    index("audit_events_foreign")
      .on(table.accountId, table.createdAt)
      .where(sql`${table.originAccountId} IS NOT NULL`),
    index("audit_events_by_account").on(table.accountId, table.id),
    index("audit_events_by_organization").on(table.organization, table.id),
    index("audit_events_by_user").on(table.userName, table.id),
    index("audit_events_by_action").on(table.action, table.id),
    index("audit_events_denied")
      .on(table.accountId, table.id)
      .where(sql`${table.result} = 'denied'`),
  ],
);

/** Pulls and pulled bytes of a repository on one day (UTC). */
export const dailyPulls = sqliteTable(
  "daily_pulls",
  {
    accountId: integer("account_id").notNull(),
    /** `YYYY-MM-DD`. */
    day: text("day").notNull(),
    /** Outlives the repository: what an account pulled does not change afterwards. */
    repositoryId: integer("repository_id").notNull(),
    pulls: integer("pulls").notNull(),
    bytes: integer("bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.day, table.repositoryId] })],
);

/** Pulled bytes of an organization's images on one day (UTC): what `daily_pulls` has of them, added up. */
export const dailyOrganizationPulls = sqliteTable(
  "daily_organization_pulls",
  {
    accountId: integer("account_id").notNull(),
    /** 0: of all of the account, images that are gone among them. */
    organizationId: integer("organization_id").notNull(),
    /** `YYYY-MM-DD`. */
    day: text("day").notNull(),
    bytes: integer("bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.organizationId, table.day] })],
);

/** Stored bytes of an account at the end of a day (UTC), or on the last hour of the running one. */
export const dailyStorage = sqliteTable(
  "daily_storage",
  {
    accountId: integer("account_id").notNull(),
    /** `YYYY-MM-DD`. */
    day: text("day").notNull(),
    bytes: integer("bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.day] })],
);

/**
 * What an image had at the end of a day (UTC), and had had since the end of the day of the row before: behind the last row it
 * has what it has now. A trigger writes the row of yesterday before the first change of a day (migration 0015, ADR 0040). Null:
 * nobody knows, because there was no such row yet.
 */
export const dailyImageUsage = sqliteTable(
  "daily_image_usage",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    /** `YYYY-MM-DD`. */
    day: text("day").notNull(),
    storedBytes: integer("stored_bytes"),
    /** Without companions. */
    tags: integer("tags"),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.day] }),
    index("daily_image_usage_by_day").on(table.day),
  ],
);

/** The same of an organization, each blob counted once. */
export const dailyOrganizationUsage = sqliteTable(
  "daily_organization_usage",
  {
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** `YYYY-MM-DD`. */
    day: text("day").notNull(),
    storedBytes: integer("stored_bytes"),
    /** Without companions. */
    tags: integer("tags"),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.day] }),
    index("daily_organization_usage_by_day").on(table.day),
  ],
);

/** One row per digest whose bytes were verified; the bytes are in R2 under `objectKey`. */
export const blobs = sqliteTable(
  "blobs",
  {
    id: id(),
    digest: text("digest").$type<Digest>().notNull().unique(),
    objectKey: text("object_key").notNull().unique(),
    /** Bytes. */
    size: integer("size").notNull(),
    createdAt: createdAt(),
    /** Last upload, mount or existence check, to within an hour: what garbage collection goes by. */
    lastUsedAt: integer("last_used_at", { mode: "timestamp_ms" }).notNull(),
    /** No manifest names it: kept by triggers on `manifest_blobs` (migration 0002). */
    isUnreferenced: integer("is_unreferenced", { mode: "boolean" }).notNull().default(true),
    /** Since when its object is known to be gone from R2: until it is pushed again, the blob counts as absent. */
    lostAt: integer("lost_at", { mode: "timestamp_ms" }),
  },
  (table) => [
    index("blobs_lost")
      .on(table.lostAt)
      .where(sql`${table.lostAt} IS NOT NULL`),
    index("blobs_unreferenced")
      .on(table.lastUsedAt, table.id)
      .where(sql`${table.isUnreferenced} = 1`),
  ],
);

/** Which repository may serve which blob. */
export const repositoryBlobs = sqliteTable(
  "repository_blobs",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    blobId: integer("blob_id")
      .notNull()
      .references(() => blobs.id),
    /** How many manifests of the repository name it; kept by triggers (migration 0004). */
    manifestCount: integer("manifest_count").notNull().default(0),
    /** As `manifests.unreferencedSince`: null while a manifest of the repository names it. */
    unneededSince: integer("unneeded_since").default(0),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.blobId] }),
    index("repository_blobs_by_blob").on(table.blobId),
    index("repository_blobs_unneeded")
      .on(table.unneededSince)
      .where(sql`${table.unneededSince} IS NOT NULL`),
  ],
);

/** Which organization stores which blob, for as long as one of its images has it; kept by triggers (migration 0004). */
export const organizationBlobs = sqliteTable(
  "organization_blobs",
  {
    blobId: integer("blob_id")
      .notNull()
      .references(() => blobs.id),
    organizationId: integer("organization_id").notNull(),
    /** How many of its images have it. */
    links: integer("links").notNull(),
  },
  (table) => [primaryKey({ columns: [table.blobId, table.organizationId] })],
);

/** Upload sessions that are under way: each takes a place of its organization, its account and its user. */
export const openUploads = sqliteTable(
  "open_uploads",
  {
    /** The Durable Object's id. */
    id: text("id").primaryKey(),
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** Outlives the user, as the session does. */
    userId: integer("user_id").notNull(),
    /** When the session was last known to be there: to within a day. */
    seenAt: time("seen_at").notNull(),
  },
  (table) => [
    index("open_uploads_by_user").on(table.userId, table.organizationId),
    index("open_uploads_by_organization").on(table.organizationId, table.seenAt),
    index("open_uploads_by_time").on(table.seenAt),
  ],
);

export const manifests = sqliteTable(
  "manifests",
  {
    id: id(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id),
    digest: text("digest").$type<Digest>().notNull(),
    mediaType: text("media_type").notNull(),
    /** Bytes of the exact text. */
    size: integer("size").notNull(),
    /** What the referrers API calls it: `artifactType`, or an image's config media type. */
    artifactType: text("artifact_type"),
    /** JSON object of the manifest's own annotations, as the referrers API repeats them. */
    annotations: text("annotations"),
    /**
     * Null while a tag or an index needs it. 0 from the moment when that ends, by triggers (migration 0002), until garbage
     * collection has looked; then the time of that look, from which the grace period runs. Below 0 once it is deleted and is
     * being taken apart (`storage/deletion/take-apart.ts`).
     */
    unreferencedSince: integer("unreferenced_since").default(0),
    /** Last pull by anybody, to within seconds. */
    lastPulledAt: time("last_pulled_at"),
    /** The manifest this one refers to; need not exist (OCI distribution-spec, "Pushing Manifests with Subject"). */
    subject: text("subject").$type<Digest>(),
    createdAt: createdAt(),
    content: text("content").$type<Content>().notNull().default("image"),
  },
  (table) => [
    uniqueIndex("manifests_by_digest").on(table.repositoryId, table.digest),
    /** Whether an image whose signatures are kept elsewhere is there. */
    index("manifests_everywhere").on(table.digest),
    index("manifests_by_subject")
      .on(table.repositoryId, table.subject, table.digest)
      .where(sql`${table.subject} IS NOT NULL`),
    index("manifests_unreferenced")
      .on(table.unreferencedSince, table.id)
      .where(sql`${table.unreferencedSince} IS NOT NULL`),
  ],
);

/** The exact text of a manifest, in pieces: a D1 row ends at 2 MB and a manifest may have 4 MiB. */
export const manifestTexts = sqliteTable(
  "manifest_texts",
  {
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    text: text("text").notNull(),
  },
  (table) => [primaryKey({ columns: [table.manifestId, table.position] })],
);

/** Blobs that a manifest cannot be pulled without. The foreign key is what makes a push that races with garbage
 * collection fail whole. */
export const manifestBlobs = sqliteTable(
  "manifest_blobs",
  {
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    blobId: integer("blob_id")
      .notNull()
      .references(() => blobs.id),
  },
  (table) => [
    primaryKey({ columns: [table.manifestId, table.blobId] }),
    index("manifest_blobs_by_blob").on(table.blobId),
  ],
);

/** Manifests that an index names. The child side has no cascade: a child goes only after its parents. */
export const manifestChildren = sqliteTable(
  "manifest_children",
  {
    parentId: integer("parent_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    childId: integer("child_id")
      .notNull()
      .references(() => manifests.id),
  },
  (table) => [
    primaryKey({ columns: [table.parentId, table.childId] }),
    index("manifest_children_by_child").on(table.childId),
  ],
);

/**
 * What a manifest runs on: an index as its descriptors say, an image as its configuration says, which is read after the
 * push or when somebody first looks at it.
 */
export const manifestPlatforms = sqliteTable(
  "manifest_platforms",
  {
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    /** The manifest's: whether an image has an architecture is one search of an index. */
    repositoryId: integer("repository_id").notNull(),
    os: text("os").notNull(),
    architecture: text("architecture").notNull(),
    /** Empty when there is none. */
    variant: text("variant").notNull().default(""),
    /** Whether a tag leads to the manifest: kept by triggers (migration 0006). */
    isTagged: integer("is_tagged", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.manifestId, table.architecture, table.os, table.variant] }),
    index("manifest_platforms_of_tags")
      .on(table.repositoryId, table.architecture)
      .where(sql`${table.isTagged} = 1`),
    index("manifest_platforms_by_architecture")
      .on(table.architecture, table.repositoryId)
      .where(sql`${table.isTagged} = 1`),
  ],
);

export const tags = sqliteTable(
  "tags",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id),
    name: text("name").$type<Tag>().notNull(),
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id),
    createdAt: createdAt(),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" }).notNull(),
    /** The digest that it belongs to; null for all but companions (`kernel/tag-kind.ts`). */
    companionOf: text("companion_of").$type<DigestKey>(),
    /** Since when a companion known by its name waits for its manifest; null when that is there. */
    waitingSince: integer("waiting_since"),
    /** `imageBytes` of what it points to: kept by SQL triggers (migration 0014), so that tags can be sorted by it. */
    imageBytes: integer("image_bytes").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.name] }),
    index("tags_by_manifest").on(table.manifestId),
    index("tags_by_update")
      .on(table.repositoryId, table.updatedAt)
      .where(sql`${table.companionOf} IS NULL`),
    index("tags_by_name")
      .on(table.repositoryId, table.name)
      .where(sql`${table.companionOf} IS NULL`),
    index("tags_by_size")
      .on(table.repositoryId, table.imageBytes)
      .where(sql`${table.companionOf} IS NULL`),
    index("tags_companions")
      .on(table.repositoryId, table.companionOf, table.name)
      .where(sql`${table.companionOf} IS NOT NULL`),
    index("tags_waiting")
      .on(table.waitingSince)
      .where(sql`${table.waitingSince} IS NOT NULL`),
  ],
);

/**
 * Tags of companions whose manifests no tag leads to any more: they come back with them (`storage/content/settling.ts`). A
 * name is either here or among the `tags` of its repository.
 */
export const restingCompanions = sqliteTable(
  "resting_companions",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    name: text("name").$type<Tag>().notNull(),
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    companionOf: text("companion_of").$type<DigestKey>().notNull(),
    createdAt: createdAt(),
    updatedAt: integer("updated_at", { mode: "timestamp_ms" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.name] }),
    index("resting_companions_by_digest").on(table.repositoryId, table.companionOf),
    index("resting_companions_by_manifest").on(table.manifestId),
  ],
);

/** Manifests whose companions are to go or to come back, noted by triggers (migration 0007) until somebody has seen to it. */
export const unsettledManifests = sqliteTable(
  "unsettled_manifests",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    digest: text("digest").$type<Digest>().notNull(),
    /** Whether a tag or an index let it go; otherwise it came, or got a tag. */
    isReleased: integer("is_released", { mode: "boolean" }).notNull(),
    /** The tag that let it go by moving on. It does not go itself, should it have moved to what belongs to this manifest. */
    sparedTag: text("spared_tag").$type<Tag>(),
  },
  (table) => [primaryKey({ columns: [table.repositoryId, table.digest] })],
);

/** What each tag pointed to, and since when: one row per push that moved it and per deletion. */
export const tagHistory = sqliteTable(
  "tag_history",
  {
    id: id(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    tag: text("tag").$type<Tag>().notNull(),
    /** Null when the tag was deleted. */
    digest: text("digest").$type<Digest>(),
    userId: integer("user_id").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
  },
  (table) => [
    index("tag_history_by_tag").on(table.repositoryId, table.tag, table.id),
    index("tag_history_by_repository").on(table.repositoryId, table.id),
  ],
);

/** Aging rules, one per image: `model/aging/aging-rules.ts`. */
export const agingRules = sqliteTable(
  "retention_rules",
  {
    id: lastingId(),
    repositoryId: integer("repository_id")
      .notNull()
      .unique()
      .references(() => repositories.id, { onDelete: "cascade" }),
    kind: text("kind").$type<AgingKind>().notNull(),
    amount: integer("amount").notNull(),
    /** JSON arrays of texts. Among labels a null is the place of the next pattern, where another label follows it. */
    labels: text("labels").notNull(),
    patterns: text("patterns").notNull(),
    /** Counts the changes: a run deletes nothing by a rule that is not the one it read. */
    revision: integer("revision").notNull().default(1),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
    /** Null while only a push can give it something to do; a trigger on `tags` then sets it (migration 0002). */
    nextRunAt: time("next_run_at"),
  },
  (table) => [
    index("retention_rules_by_next_run")
      .on(table.nextRunAt)
      .where(sql`${table.nextRunAt} IS NOT NULL`),
  ],
);

/** What aging deleted (guide 4.8, "aging log"). */
export const agingLog = sqliteTable(
  "retention_log",
  {
    id: id(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    ruleId: integer("rule_id").notNull(),
    /** The rule as it was: a JSON object of `model/aging/aging-rules.ts`. */
    rule: text("rule").notNull(),
    tag: text("tag").$type<Tag>().notNull(),
    digest: text("digest").$type<Digest>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("retention_log_by_repository").on(table.repositoryId, table.id)],
);

/** Keys of objects in R2 whose rows are gone: written together with that, deleted once R2 has deleted them. */
export const garbageObjects = sqliteTable("garbage_objects", {
  objectKey: text("object_key").primaryKey(),
  /** Bytes. */
  size: integer("size").notNull(),
});

/**
 * Repositories that something was removed from, until caches have been told. Kept by a trigger on `repositories.generation`
 * (migration 0008); the repository itself may be gone.
 */
export const removals = sqliteTable("removals", {
  repositoryId: integer("repository_id").primaryKey(),
  /** The generation that the last removal began. */
  generation: integer("generation").notNull(),
  removedAt: time("removed_at").notNull(),
});

/** What is left to do of deletions that are too large for one statement, and of other changes to very many rows. */
export const cleanups = sqliteTable(
  "cleanups",
  {
    id: lastingId(),
    kind: text("kind").$type<CleanupKind>().notNull(),
    /** The id of what `kind` names. */
    targetId: integer("target_id").notNull(),
    /** How far it has come, for kinds that walk: a manifest's digest. */
    position: text("position").notNull().default(""),
  },
  (table) => [uniqueIndex("cleanups_by_target").on(table.kind, table.targetId)],
);

/** Runs of garbage collection, the last few hundred. */
export const collections = sqliteTable("collections", {
  id: id(),
  startedAt: time("started_at").notNull(),
  /** Null while it runs, or when it died. */
  endedAt: time("ended_at"),
  manifests: integer("manifests").notNull().default(0),
  blobs: integer("blobs").notNull().default(0),
  objects: integer("objects").notNull().default(0),
  /** Of the objects that were deleted. */
  bytes: integer("bytes").notNull().default(0),
  /** Whether nothing was left to do. */
  isComplete: integer("is_complete", { mode: "boolean" }).notNull().default(false),
  /** The last key that the search for objects without a row looked at; null when it has looked at all. */
  objectCursor: text("object_cursor"),
});

/** Kubernetes API servers whose workloads triggers update; they belong to an organization. */
export const clusters = sqliteTable(
  "clusters",
  {
    id: lastingId(),
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** `https://host[:port]`. */
    server: text("server").notNull(),
    /** Certificates in PEM that the server's may be signed by; null for those that browsers trust. */
    authority: text("authority"),
    /** A service account's token, under the Worker's ENCRYPTION_KEY. */
    encryptedToken: text("encrypted_token").notNull(),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
    /** The only namespaces whose workloads triggers may name, as JSON; empty: all. */
    namespaces: text("namespaces", { mode: "json" }).$type<string[]>().notNull().default([]),
  },
  (table) => [uniqueIndex("clusters_by_name").on(table.organizationId, table.name)],
);

/**
 * Registries elsewhere that an account knows by a name: where images are synchronized to, and come from. SWR calls the name
 * `remoteRegionId`.
 */
export const remotes = sqliteTable(
  "remotes",
  {
    id: lastingId(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** `https://host[:port]`. */
    url: text("url").notNull(),
    /** Null when nobody logs in there. */
    username: text("username"),
    /** Under the Worker's ENCRYPTION_KEY. */
    encryptedPassword: text("encrypted_password"),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [uniqueIndex("remotes_by_name").on(table.accountId, table.name)],
);

/**
 * Organizations that stand for a registry elsewhere: what is pulled from them comes from there, and is kept
 * (docs/pull-through.md).
 */
export const upstreams = sqliteTable(
  "upstreams",
  {
    organizationId: integer("organization_id")
      .primaryKey()
      .references(() => organizations.id, { onDelete: "cascade" }),
    remoteId: integer("remote_id")
      .notNull()
      .references(() => remotes.id),
    /** What the names of images begin with there, without a slash at the end; empty for nothing. */
    path: text("path").notNull(),
    /** Seconds for which a tag is believed before it is asked for again. */
    tagLifetime: integer("tag_lifetime").notNull(),
    /** Whether everybody may pull what comes from there. */
    isPublic: integer("is_public", { mode: "boolean" }).notNull(),
    /** After how many days without a pull a tag goes; null: never. */
    retentionDays: integer("retention_days"),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
    /** The last answer from there that was no failure, to within a minute. */
    answeredAt: time("answered_at"),
    /** JSON object of `model/upstreams/rate-limit.ts`, as the last answer had it that had one. */
    rateLimit: text("rate_limit", { mode: "json" }).$type<RateLimitState>(),
    /** The last failure, and JSON of its reasons (`model/write-detail.ts`). */
    failedAt: time("failed_at"),
    failure: text("failure"),
  },
  (table) => [index("upstreams_by_remote").on(table.remoteId)],
);

/** When tags of images that come from elsewhere were asked for there last. A tag without a row is asked for at its next pull. */
export const upstreamTags = sqliteTable(
  "upstream_tags",
  {
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    name: text("name").$type<Tag>().notNull(),
    /** The repository's: what has not been pulled for long is found by one index. */
    organizationId: integer("organization_id").notNull(),
    checkedAt: time("checked_at").notNull(),
    /** The last pull that led to a check; what aging of the cache goes by, together with the manifest's last pull. */
    usedAt: time("used_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.name] }),
    index("upstream_tags_by_use").on(table.organizationId, table.usedAt),
  ],
);

/**
 * Blobs and manifests that manifests from elsewhere name and that nobody has asked for yet. When one comes, its rows here become
 * rows of `manifest_blobs` or `manifest_children`.
 */
export const upstreamParts = sqliteTable(
  "upstream_parts",
  {
    repositoryId: integer("repository_id").notNull(),
    digest: text("digest").$type<Digest>().notNull(),
    manifestId: integer("manifest_id")
      .notNull()
      .references(() => manifests.id, { onDelete: "cascade" }),
    isManifest: integer("is_manifest", { mode: "boolean" }).notNull(),
    /** Bytes, as the manifest says. */
    size: integer("size").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.digest, table.manifestId] }),
    index("upstream_parts_by_manifest").on(table.manifestId),
  ],
);

/** What a push of a tag sets off (guide 4.7): `model/triggers/triggers.ts`. */
export const triggers = sqliteTable(
  "triggers",
  {
    id: lastingId(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    conditionKind: text("condition_kind").$type<ConditionKind>().notNull(),
    condition: text("condition").notNull(),
    isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
    /** Also when a tag is pushed again with the digest that it has. */
    firesAlways: integer("fires_always", { mode: "boolean" }).notNull().default(false),
    /** JSON object of `model/triggers/trigger-targets.ts`. */
    target: text("target").notNull(),
    /** The cluster of a Kubernetes target: it stays while a trigger names it. */
    clusterId: integer("cluster_id").references(() => clusters.id),
    /** JSON object of a webhook's secrets, under the Worker's ENCRYPTION_KEY. */
    encryptedSecrets: text("encrypted_secrets"),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
    /**
     * In whose right a Kubernetes target acts: the user's who set it, or who changed the trigger since without the right to
     * edit the organization (ADR 0017). That right is looked up at each delivery, and so is whether the user is still there:
     * ids of users are never used again.
     */
    approvedBy: integer("approved_by"),
  },
  (table) => [
    uniqueIndex("triggers_by_name").on(table.repositoryId, table.name),
    index("triggers_by_cluster").on(table.clusterId),
  ],
);

/** The outbox, written in the batch of the push, and the history of each trigger. */
export const deliveries = sqliteTable(
  "deliveries",
  {
    id: lastingId(),
    /** What a receiver knows a repetition by. */
    uid: text("uid").notNull().unique(),
    triggerId: integer("trigger_id")
      .notNull()
      .references(() => triggers.id, { onDelete: "cascade" }),
    /** JSON object of `model/triggers/push-event.ts`. */
    event: text("event").notNull(),
    tag: text("tag").$type<Tag>().notNull(),
    digest: text("digest").$type<Digest>().notNull(),
    status: text("status").$type<DeliveryStatus>().notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** When it is due; null once nothing is to be done any more. */
    nextAttemptAt: time("next_attempt_at"),
    /** Until when somebody is at it. */
    leasedUntil: time("leased_until"),
    /** What came of it last: `model/read-detail.ts`. */
    detail: text("detail"),
    createdAt: createdAt(),
    finishedAt: time("finished_at"),
    /** When its account's turn for it comes: taken at the first look, and null again once it is tried. */
    slotAt: time("slot_at"),
    /** Where the last try went, `host:port`; null before the first. */
    host: text("host"),
    /** The image's account and organization. A trigger fills in what an insertion leaves out (migration 0013). */
    accountId: integer("account_id"),
    organizationId: integer("organization_id"),
    /**
     * Whether its trigger fails: it is the last of the trigger's that came to an end, tests aside, and it failed. Kept by a
     * trigger on `status` (migration 0013).
     */
    isFailing: integer("is_failing", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    index("deliveries_failing")
      .on(table.accountId, table.id)
      .where(sql`${table.isFailing} = 1`),
    index("deliveries_failing_by_trigger")
      .on(table.triggerId)
      .where(sql`${table.isFailing} = 1`),
    index("deliveries_by_account").on(table.accountId, table.id),
    index("deliveries_by_organization").on(table.organizationId, table.id),
    index("deliveries_by_trigger").on(table.triggerId, table.id),
    index("deliveries_by_tag").on(table.triggerId, table.tag, table.id),
    index("deliveries_due")
      .on(table.nextAttemptAt)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index("deliveries_by_time").on(table.createdAt),
    index("deliveries_under_way")
      .on(table.host, table.accountId, table.leasedUntil)
      .where(sql`${table.leasedUntil} IS NOT NULL`),
  ],
);

/** How fast requests may go out: `storage/outbound/paces.ts`. */
export const outboundPaces = sqliteTable("outbound_paces", {
  /** An account, a host, or one at the other. */
  key: text("key").primaryKey(),
  /** From when on the next request is due at the pace itself; a burst may come before it. */
  nextAt: integer("next_at").notNull(),
});

/** Every try of a delivery. */
export const deliveryAttempts = sqliteTable(
  "delivery_attempts",
  {
    deliveryId: integer("delivery_id")
      .notNull()
      .references(() => deliveries.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    startedAt: time("started_at").notNull(),
    /** Milliseconds. */
    duration: integer("duration").notNull(),
    /** The answer's status; null when there was none. */
    status: integer("status"),
    /** What came of it: `model/read-detail.ts`. */
    detail: text("detail").notNull(),
    /** The first 2 KiB of the answer. */
    answer: text("answer"),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
);

/** Which tags go to which remote registry: `model/sync/sync-rules.ts`. */
export const syncRules = sqliteTable(
  "sync_rules",
  {
    id: lastingId(),
    /** The organization's. */
    accountId: integer("account_id").notNull(),
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** The one image that it is for; null: all of the organization that match. */
    repositoryId: integer("repository_id").references(() => repositories.id, { onDelete: "cascade" }),
    /** Globs; `images` is of no meaning for the rule of an image. */
    images: text("images").notNull(),
    tags: text("tags").notNull(),
    /** A remote registry stays while a rule names it. */
    remoteId: integer("remote_id")
      .notNull()
      .references(() => remotes.id),
    /** What comes before the image's name there; empty for none. */
    remoteOrganization: text("remote_organization").notNull(),
    overrides: integer("overrides", { mode: "boolean" }).notNull(),
    hasReferrers: integer("has_referrers", { mode: "boolean" }).notNull(),
    isAutomatic: integer("is_automatic", { mode: "boolean" }).notNull(),
    followsDeletion: integer("follows_deletion", { mode: "boolean" }).notNull(),
    createdBy: integer("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("sync_rules_of_image")
      .on(table.repositoryId, table.remoteId, table.remoteOrganization)
      .where(sql`${table.repositoryId} IS NOT NULL`),
    uniqueIndex("sync_rules_of_organization")
      .on(table.organizationId, table.remoteId, table.remoteOrganization, table.images, table.tags)
      .where(sql`${table.repositoryId} IS NULL`),
    index("sync_rules_by_account").on(table.accountId),
    index("sync_rules_by_remote").on(table.remoteId),
  ],
);

/** The outbox of synchronization, written in the batch that moves a tag, and its history: `model/sync/sync-jobs.ts`. */
export const syncJobs = sqliteTable(
  "sync_jobs",
  {
    id: lastingId(),
    accountId: integer("account_id").notNull(),
    organizationId: integer("organization_id").notNull(),
    repositoryId: integer("repository_id")
      .notNull()
      .references(() => repositories.id, { onDelete: "cascade" }),
    /** Null when somebody asked for it without a rule. The rule may be gone by now, which ends a job that waits. */
    ruleId: integer("rule_id"),
    operation: text("operation").$type<SyncOperation>().notNull(),
    tag: text("tag").$type<Tag>().notNull(),
    /** What the tag points to; for a deletion, what it pointed to. */
    digest: text("digest").$type<Digest>().notNull(),
    /** The remote registry may be gone by now; its name tells people which it was. */
    remoteId: integer("remote_id").notNull(),
    remote: text("remote").notNull(),
    remoteOrganization: text("remote_organization").notNull(),
    overrides: integer("overrides", { mode: "boolean" }).notNull(),
    hasReferrers: integer("has_referrers", { mode: "boolean" }).notNull(),
    /** Who pushed, deleted, or asked for it; aging has no id. */
    userId: integer("user_id"),
    userName: text("user_name").notNull(),
    /** The registry's own address, which is never called; empty where what set the job off knew none. */
    registry: text("registry").notNull(),
    status: text("status").$type<SyncStatus>().notNull(),
    /** Tries in a row that brought nothing. */
    attempts: integer("attempts").notNull().default(0),
    /** When it is due; null once nothing is to be done any more. */
    nextAttemptAt: time("next_attempt_at"),
    /** Until when somebody is at it, unless that is put off. */
    leasedUntil: time("leased_until"),
    /** Raised whenever somebody takes it or ends it, so that one that has lost it notices. */
    claims: integer("claims").notNull().default(0),
    /** When its account's turn for it comes. */
    slotAt: time("slot_at"),
    /** Where it goes, `host:port`; null before the first try. */
    host: text("host"),
    /** What came of it: `model/read-detail.ts`. */
    detail: text("detail"),
    /** JSON of `model/sync/sync-jobs.ts`; null at the end. */
    plan: text("plan"),
    progress: text("progress"),
    /** Bytes of blobs that are there, and of all; null where that is not known. */
    bytesDone: integer("bytes_done").notNull().default(0),
    bytesTotal: integer("bytes_total"),
    createdAt: createdAt(),
    startedAt: time("started_at"),
    finishedAt: time("finished_at"),
  },
  (table) => [
    index("sync_jobs_by_account").on(table.accountId, table.id),
    index("sync_jobs_by_repository").on(table.repositoryId, table.id),
    index("sync_jobs_by_organization").on(table.organizationId, table.id),
    index("sync_jobs_by_tag").on(table.repositoryId, table.tag, table.id),
    index("sync_jobs_unfinished")
      .on(table.repositoryId, table.tag)
      .where(sql`${table.finishedAt} IS NULL`),
    index("sync_jobs_due")
      .on(table.nextAttemptAt)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index("sync_jobs_by_time").on(table.createdAt),
    index("sync_jobs_arrived")
      .on(table.remoteId, table.id)
      .where(sql`${table.status} = 'success' AND ${table.operation} = 'copy'`),
    index("sync_jobs_under_way")
      .on(table.host, table.accountId, table.leasedUntil)
      .where(sql`${table.leasedUntil} IS NOT NULL`),
  ],
);

/** The tries of each job that did not bring it to its end. */
export const syncAttempts = sqliteTable(
  "sync_attempts",
  {
    jobId: integer("job_id")
      .notNull()
      .references(() => syncJobs.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    startedAt: time("started_at").notNull(),
    /** Milliseconds. */
    duration: integer("duration").notNull(),
    /** The status that the target refused it with; null when there was no answer. */
    status: integer("status"),
    /** What came of it: `model/read-detail.ts`. */
    detail: text("detail").notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.number] })],
);

/** What each isolate has counted for `/metrics` (ADR 44), and in one row what isolates have that are gone. */
export const metricCounts = sqliteTable("metric_counts", {
  /** A random id of the isolate's; empty for the sum of those that have written nothing for a while. */
  isolate: text("isolate").primaryKey(),
  /** JSON object of `model/metrics/counts.ts`. */
  counts: text("counts").notNull(),
  writtenAt: time("written_at").notNull(),
});

/** What the clock has added up for `/metrics`. */
export const metricTotals = sqliteTable("metric_totals", {
  /** `accounts`: what all of them have; `walk`: how far the sum after that one has come; `garbage`. */
  name: text("name").$type<"accounts" | "walk" | "garbage">().primaryKey(),
  /** JSON object of numbers. */
  numbers: text("numbers").notNull(),
  measuredAt: time("measured_at").notNull(),
});

/** What came of each cron trigger. */
export const cronRuns = sqliteTable("cron_runs", {
  name: text("name").$type<CronName>().primaryKey(),
  runs: integer("runs").notNull(),
  /** Runs in which something failed. */
  failures: integer("failures").notNull(),
  startedAt: time("started_at").notNull(),
  /** When the last run began in which nothing failed. */
  succeededAt: time("succeeded_at"),
  /** Milliseconds, of the last run. */
  duration: integer("duration").notNull(),
});
