/**
 * Every table of Berth's D1 database. Internal ids are integers (edges are the largest tables), digests and names are
 * text, times are milliseconds since 1970. `docs/storage-layout.md` draws how the tables hang together.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Digest } from "../model/digest.ts";
import type { OrganizationName, RepositoryName, Tag } from "../model/reference.ts";

const id = () => integer("id").primaryKey();
const createdAt = () => integer("created_at", { mode: "timestamp_ms" }).notNull();

export const users = sqliteTable("users", {
  id: id(),
  name: text("name").notNull().unique(),
  /** PHC string of `model/password.ts`. */
  passwordHash: text("password_hash").notNull(),
  /** The deployment's administrator: may do everything. */
  isOperator: integer("is_operator", { mode: "boolean" }).notNull().default(false),
  createdAt: createdAt(),
});

export const organizations = sqliteTable("organizations", {
  id: id(),
  name: text("name").$type<OrganizationName>().notNull().unique(),
  createdBy: integer("created_by").references(() => users.id),
  createdAt: createdAt(),
});

export const repositories = sqliteTable(
  "repositories",
  {
    id: id(),
    organizationId: integer("organization_id")
      .notNull()
      .references(() => organizations.id),
    /** The whole name, `organization/image`: a pull finds its repository by one index. */
    name: text("name").$type<RepositoryName>().notNull().unique(),
    createdAt: createdAt(),
  },
  (table) => [index("repositories_by_organization").on(table.organizationId)],
);

/** One row per digest whose bytes were verified; the bytes are in R2 under `objectKey`. */
export const blobs = sqliteTable("blobs", {
  id: id(),
  digest: text("digest").$type<Digest>().notNull().unique(),
  objectKey: text("object_key").notNull().unique(),
  /** Bytes. */
  size: integer("size").notNull(),
  createdAt: createdAt(),
  /** Last upload, mount or existence check, to within an hour: what garbage collection goes by. */
  lastUsedAt: integer("last_used_at", { mode: "timestamp_ms" }).notNull(),
});

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
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.blobId] }),
    index("repository_blobs_by_blob").on(table.blobId),
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
    /** The manifest this one refers to; need not exist (OCI distribution-spec, "Pushing Manifests with Subject"). */
    subject: text("subject").$type<Digest>(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex("manifests_by_digest").on(table.repositoryId, table.digest),
    index("manifests_by_subject")
      .on(table.repositoryId, table.subject, table.digest)
      .where(sql`${table.subject} IS NOT NULL`),
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
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.name] }),
    index("tags_by_manifest").on(table.manifestId),
  ],
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
  (table) => [index("tag_history_by_tag").on(table.repositoryId, table.tag, table.id)],
);
