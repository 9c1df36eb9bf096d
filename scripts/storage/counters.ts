/**
 * Numbers that SQL triggers keep (docs/storage-layout.md), each with the query that counts them anew. They are wrong only when somebody
 * changed the database by hand, or a trigger was missing for a while.
 */
import type { Statement } from "./store.ts";

/** A column of a table, and what it has to be. */
export interface Counter {
  /** What findings call it. */
  name: string;
  table: string;
  column: string;
  /** An SQL expression over a row of the table. */
  truth: string;
  /** The rows that have it; default: all. */
  where?: string;
}

const IN_ORGANIZATION = "repositories.organization_id = quotas.holder_id";

/** What quotas count of an organization. */
const USED: Record<string, string> = {
  storedBytes: `SELECT ifnull(sum(size), 0) FROM blobs WHERE id IN (
    SELECT blob_id FROM repository_blobs JOIN repositories ON repositories.id = repository_id WHERE ${IN_ORGANIZATION})`,
  manifestBytes: `SELECT ifnull(sum(length(CAST(text AS BLOB))), 0) FROM manifest_texts JOIN manifests ON manifests.id = manifest_id
    JOIN repositories ON repositories.id = repository_id WHERE ${IN_ORGANIZATION}`,
  images: `SELECT count(*) FROM repositories WHERE ${IN_ORGANIZATION} AND account_id <> 0 AND is_image = 1`,
  tags: `SELECT count(*) FROM tags JOIN repositories ON repositories.id = repository_id WHERE ${IN_ORGANIZATION} AND account_id <> 0`,
  openUploads: "SELECT count(*) FROM open_uploads WHERE organization_id = quotas.holder_id",
};

/** In an order in which each goes by numbers that are right already. */
export const COUNTERS: readonly Counter[] = [
  {
    name: "bytes of images",
    table: "repositories",
    column: "stored_bytes",
    truth: `SELECT ifnull(sum(size), 0) FROM repository_blobs JOIN blobs ON blobs.id = blob_id WHERE repository_id = repositories.id`,
  },
  {
    name: "tags of images",
    table: "repositories",
    column: "tag_count",
    truth: "SELECT count(*) FROM tags WHERE repository_id = repositories.id AND companion_of IS NULL",
  },
  {
    name: "companions of images",
    table: "repositories",
    column: "companion_count",
    truth: "SELECT count(*) FROM tags WHERE repository_id = repositories.id AND companion_of IS NOT NULL",
  },
  {
    name: "shares of images",
    table: "repositories",
    column: "share_count",
    truth: "SELECT count(*) FROM shares WHERE repository_id = repositories.id",
  },
  {
    name: "times of last pushes",
    table: "repositories",
    column: "pushed_at",
    truth: "SELECT ifnull(max(updated_at), 0) FROM tags WHERE repository_id = repositories.id AND companion_of IS NULL",
    where: "account_id <> 0",
  },
  {
    name: "bytes of tags",
    table: "tags",
    column: "image_bytes",
    truth: `SELECT ifnull(sum(size), 0) FROM blobs WHERE id IN (
      SELECT blob_id FROM manifest_blobs WHERE manifest_blobs.manifest_id = tags.manifest_id
      UNION SELECT blob_id FROM manifest_children JOIN manifest_blobs ON manifest_blobs.manifest_id = child_id
      WHERE parent_id = tags.manifest_id)`,
    // Those of pull-through caches are weighed otherwise, and those of huge indexes up to a limit (migration 0014).
    where: `NOT EXISTS (SELECT 1 FROM upstreams JOIN repositories ON repositories.organization_id = upstreams.organization_id
        WHERE repositories.id = tags.repository_id)
      AND (SELECT count(*) FROM (
        SELECT blob_id FROM manifest_blobs WHERE manifest_blobs.manifest_id = tags.manifest_id
        UNION ALL SELECT blob_id FROM manifest_children JOIN manifest_blobs ON manifest_blobs.manifest_id = child_id
        WHERE parent_id = tags.manifest_id LIMIT 2000)) < 2000`,
  },
  {
    name: "manifests that name a blob of an image",
    table: "repository_blobs",
    column: "manifest_count",
    truth: `SELECT count(*) FROM manifest_blobs JOIN manifests ON manifests.id = manifest_id
      WHERE manifest_blobs.blob_id = repository_blobs.blob_id AND manifests.repository_id = repository_blobs.repository_id`,
  },
  {
    name: "blobs of images that no manifest needs",
    table: "repository_blobs",
    column: "unneeded_since",
    truth: "iif(manifest_count = 0, ifnull(unneeded_since, 0), NULL)",
  },
  {
    name: "images of an organization that have a blob",
    table: "organization_blobs",
    column: "links",
    truth: `SELECT count(*) FROM repository_blobs JOIN repositories ON repositories.id = repository_id
      WHERE repository_blobs.blob_id = organization_blobs.blob_id AND repositories.organization_id = organization_blobs.organization_id`,
  },
  {
    name: "blobs that no manifest names",
    table: "blobs",
    column: "is_unreferenced",
    truth: "SELECT NOT EXISTS (SELECT 1 FROM manifest_blobs WHERE blob_id = blobs.id)",
  },
  {
    name: "platforms of tagged manifests",
    table: "manifest_platforms",
    column: "is_tagged",
    truth:
      "SELECT EXISTS (SELECT 1 FROM tags WHERE tags.manifest_id = manifest_platforms.manifest_id AND companion_of IS NULL)",
  },
  {
    name: "bytes of all images of organizations",
    table: "organizations",
    column: "image_bytes",
    truth: `SELECT ifnull(sum(stored_bytes), 0) FROM repositories WHERE organization_id = organizations.id AND account_id <> 0`,
  },
  {
    name: "users of organizations",
    table: "organizations",
    column: "user_count",
    truth: "SELECT count(*) FROM organization_permissions WHERE organization_id = organizations.id",
  },
  ...["organization", "account"].map((holder) => ({
    name: `companions of ${holder}s`,
    table: `${holder}s`,
    column: "companion_count",
    truth: `SELECT count(*) FROM tags JOIN repositories ON repositories.id = repository_id
      WHERE repositories.${holder}_id = ${holder}s.id AND repositories.account_id <> 0 AND companion_of IS NOT NULL`,
  })),
  ...(
    [
      ["users", "user_count", "SELECT count(*) FROM users WHERE account_id = accounts.id AND name < '~'"],
      [
        "organizations",
        "organization_count",
        "SELECT count(*) FROM organizations WHERE account_id = accounts.id AND name < '~'",
      ],
      [
        "triggers",
        "trigger_count",
        `SELECT count(*) FROM triggers JOIN repositories ON repositories.id = repository_id
         JOIN organizations ON organizations.id = organization_id WHERE organizations.account_id = accounts.id`,
      ],
      [
        "clusters",
        "cluster_count",
        `SELECT count(*) FROM clusters JOIN organizations ON organizations.id = organization_id
         WHERE organizations.account_id = accounts.id`,
      ],
      ["audit events", "audit_event_count", "SELECT count(*) FROM audit_events WHERE account_id = accounts.id"],
      [
        "events of tags",
        "tag_event_count",
        `SELECT count(*) FROM tag_history JOIN repositories ON repositories.id = repository_id
         JOIN organizations ON organizations.id = organization_id WHERE organizations.account_id = accounts.id`,
      ],
    ] as const
  ).map(([what, column, truth]) => ({ name: `${what} of accounts`, table: "accounts", column, truth })),
  ...Object.entries(USED).map(([resource, truth]) => ({
    name: `${resource} of organizations' quotas`,
    table: "quotas",
    column: "used",
    truth,
    where: `holder = 'organization' AND holder_id <> 0 AND resource = '${resource}'`,
  })),
  {
    name: "what accounts use of their quotas",
    table: "quotas",
    column: "used",
    truth: `SELECT ifnull(sum(own.used), 0) FROM quotas AS own
      WHERE own.holder = 'organization' AND own.account_id = quotas.holder_id AND own.resource = quotas.resource`,
    where: "holder = 'account' AND holder_id <> 0",
  },
];

function condition({ column, truth, where = "1" }: Counter): string {
  return `(${where}) AND ${column} IS NOT (${truth})`;
}

/** How many rows have a wrong number: one row, `wrong`. */
export function countWrong(counter: Counter): Statement {
  return { sql: `SELECT count(*) AS wrong FROM ${counter.table} WHERE ${condition(counter)}` };
}

/** Puts the numbers right. The SQL triggers that keep others must not run meanwhile. */
export function recount(counter: Counter): Statement {
  const { table, column, truth } = counter;
  return { sql: `UPDATE ${table} SET ${column} = (${truth}) WHERE ${condition(counter)}` };
}
