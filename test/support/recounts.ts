/** Counters against a count of what is there, for tests in workerd and of whole servers. */
import type { QuotaResource } from "../../src/kernel/quotas.ts";

/** What there is of each resource in an organization `o`. */
const TOTALS: Record<QuotaResource, string> = {
  storedBytes: `SELECT ifnull(sum(size), 0) FROM blobs WHERE id IN (
    SELECT blob_id FROM repository_blobs JOIN repositories ON repositories.id = repository_id WHERE organization_id = o.id)`,
  manifestBytes: `SELECT ifnull(sum(length(CAST(text AS BLOB))), 0) FROM manifest_texts
    JOIN manifests ON manifests.id = manifest_id JOIN repositories ON repositories.id = repository_id
    WHERE organization_id = o.id`,
  // A deleted image has account 0 until all that it had is deleted.
  images: "SELECT count(*) FROM repositories WHERE organization_id = o.id AND account_id <> 0 AND is_image = 1",
  tags: `SELECT count(*) FROM tags JOIN repositories ON repositories.id = repository_id
    WHERE organization_id = o.id AND account_id <> 0`,
  openUploads: "SELECT count(*) FROM open_uploads WHERE organization_id = o.id",
};

/** Queries for counters that triggers keep and that are wrong: `text` says of each what. */
export const RECOUNTS: readonly string[] = [
  ...Object.entries(TOTALS).flatMap(([resource, total]) => [
    `SELECT 'organization ' || o.id || ' has not ' || ifnull(used, 'no') || ' ${resource} but ' || (${total}) AS text
     FROM organizations o LEFT JOIN quotas ON holder = 'organization' AND holder_id = o.id AND resource = '${resource}'
     WHERE used IS NOT (${total})`,
    `SELECT 'account ' || a.id || ' has not ' || ifnull(used, 'no') || ' ${resource}' AS text
     FROM accounts a LEFT JOIN quotas ON holder = 'account' AND holder_id = a.id AND resource = '${resource}'
     WHERE used IS NOT (SELECT ifnull(sum((${total})), 0) FROM organizations o WHERE o.account_id = a.id)`,
  ]),
  `SELECT holder || ' ' || holder_id || ' is gone, but not its quota of ' || resource AS text FROM quotas
   WHERE holder_id <> 0 AND NOT EXISTS (SELECT 1 FROM organizations WHERE holder = 'organization' AND id = holder_id)
     AND NOT EXISTS (SELECT 1 FROM accounts WHERE holder = 'account' AND id = holder_id)`,
  `SELECT 'organization ' || organization_id || ' has blob ' || blob_id || ' not ' || links || ' times' AS text
   FROM organization_blobs WHERE links IS NOT (
     SELECT count(*) FROM repository_blobs JOIN repositories r ON r.id = repository_id
     WHERE repository_blobs.blob_id = organization_blobs.blob_id AND r.organization_id = organization_blobs.organization_id)`,
  `SELECT 'blob ' || blob_id || ' of image ' || repository_id || ' is not named ' || manifest_count || ' times' AS text
   FROM repository_blobs WHERE (manifest_count = 0) <> (unneeded_since IS NOT NULL) OR manifest_count <> (
     SELECT count(*) FROM manifest_blobs JOIN manifests ON manifests.id = manifest_id
     WHERE manifest_blobs.blob_id = repository_blobs.blob_id AND manifests.repository_id = repository_blobs.repository_id)`,
  `SELECT 'account ' || a.id || ' has not ' || audit_event_count || ' audit events' AS text FROM accounts a
   WHERE audit_event_count <> (SELECT count(*) FROM audit_events WHERE account_id = a.id)`,
  `SELECT 'account ' || a.id || ' has not ' || tag_event_count || ' events of tags' AS text FROM accounts a
   WHERE tag_event_count <> (
     SELECT count(*) FROM tag_history JOIN repositories r ON r.id = repository_id
     JOIN organizations o ON o.id = r.organization_id WHERE o.account_id = a.id)`,
  `SELECT name || ' does not store ' || stored_bytes || ' bytes' AS text FROM repositories WHERE stored_bytes <> (
     SELECT ifnull(sum(size), 0) FROM repository_blobs JOIN blobs ON blobs.id = blob_id
     WHERE repository_id = repositories.id)`,
  `SELECT name || ' has not ' || tag_count || ' tags' AS text FROM repositories
   WHERE tag_count <> (SELECT count(*) FROM tags WHERE repository_id = repositories.id AND companion_of IS NULL)`,
  `SELECT name || ' was not pushed to at ' || pushed_at AS text FROM repositories WHERE account_id <> 0 AND pushed_at <> (
     SELECT ifnull(max(updated_at), 0) FROM tags WHERE repository_id = repositories.id AND companion_of IS NULL)`,
  `SELECT name || ' has manifests, and is no image' AS text FROM repositories
   WHERE is_image = 0 AND EXISTS (SELECT 1 FROM manifests WHERE repository_id = repositories.id)`,
  `SELECT 'delivery ' || d.id || ' is not of its image' AS text FROM deliveries d JOIN triggers t ON t.id = d.trigger_id
   JOIN repositories r ON r.id = t.repository_id
   WHERE r.account_id <> 0 AND (d.account_id, d.organization_id) IS NOT (r.account_id, r.organization_id)`,
  `SELECT name || ' has not ' || companion_count || ' companions' AS text FROM repositories
   WHERE companion_count <> (SELECT count(*) FROM tags WHERE repository_id = repositories.id AND companion_of IS NOT NULL)`,
  ...["organization", "account"].map(
    (
      holder,
    ) => `SELECT '${holder} ' || h.id || ' has not ' || companion_count || ' companions' AS text FROM ${holder}s h
      WHERE companion_count <> (
        SELECT count(*) FROM tags JOIN repositories r ON r.id = repository_id
        WHERE r.${holder}_id = h.id AND r.account_id <> 0 AND companion_of IS NOT NULL)`,
  ),
  `SELECT repository_id || ' has ' || name || ' twice' AS text FROM resting_companions JOIN tags USING (repository_id, name)`,
  // What is deleted keeps its row for a while, or for ever, under a name that none can have.
  `SELECT 'account ' || a.id || ' has not ' || user_count || ' users' AS text FROM accounts a
   WHERE user_count <> (SELECT count(*) FROM users WHERE account_id = a.id AND name < '~')`,
  `SELECT 'account ' || a.id || ' has not ' || organization_count || ' organizations' AS text FROM accounts a
   WHERE organization_count <> (SELECT count(*) FROM organizations WHERE account_id = a.id AND name < '~')`,
  `SELECT 'account ' || a.id || ' has not ' || trigger_count || ' triggers' AS text FROM accounts a
   WHERE trigger_count <> (
     SELECT count(*) FROM triggers JOIN repositories r ON r.id = repository_id
     JOIN organizations o ON o.id = r.organization_id WHERE o.account_id = a.id)`,
  `SELECT 'account ' || a.id || ' has not ' || cluster_count || ' clusters' AS text FROM accounts a
   WHERE cluster_count <> (
     SELECT count(*) FROM clusters JOIN organizations o ON o.id = organization_id WHERE o.account_id = a.id)`,
  `SELECT o.name || ' has not ' || user_count || ' users' AS text FROM organizations o
   WHERE user_count <> (SELECT count(*) FROM organization_permissions WHERE organization_id = o.id)`,
  `SELECT o.name || ' has no images of ' || image_bytes || ' bytes' AS text FROM organizations o
   WHERE image_bytes <> (
     SELECT ifnull(sum(stored_bytes), 0) FROM repositories WHERE organization_id = o.id AND account_id <> 0)`,
  `SELECT name || ' has not ' || share_count || ' shares' AS text FROM repositories
   WHERE share_count <> (SELECT count(*) FROM shares WHERE repository_id = repositories.id)`,
  `SELECT 'manifest ' || manifest_id || ' is ' || iif(is_tagged, 'not ', '') || 'tagged' AS text FROM manifest_platforms
   WHERE is_tagged <> EXISTS (
     SELECT 1 FROM tags WHERE tags.manifest_id = manifest_platforms.manifest_id AND companion_of IS NULL)`,
  `SELECT 'account ' || account_id || ' has not pulled ' || bytes || ' bytes on ' || day AS text FROM daily_organization_pulls
   WHERE organization_id = 0 AND bytes <> (
     SELECT ifnull(sum(bytes), 0) FROM daily_pulls
     WHERE daily_pulls.account_id = daily_organization_pulls.account_id AND daily_pulls.day = daily_organization_pulls.day)`,
  `SELECT 'account ' || account_id || ' has pulled more than is counted on ' || day AS text FROM daily_pulls
   GROUP BY account_id, day HAVING NOT EXISTS (
     SELECT 1 FROM daily_organization_pulls AS total WHERE total.account_id = daily_pulls.account_id
       AND total.organization_id = 0 AND total.day = daily_pulls.day)`,
  // Images that are deleted are no longer known to have been its own.
  `SELECT 'organization ' || organization_id || ' has pulled more than ' || bytes || ' bytes on ' || day AS text
   FROM daily_organization_pulls AS total WHERE organization_id <> 0 AND bytes < (
     SELECT ifnull(sum(daily_pulls.bytes), 0) FROM repositories JOIN daily_pulls ON daily_pulls.repository_id = repositories.id
     WHERE repositories.organization_id = total.organization_id AND daily_pulls.day = total.day
       AND daily_pulls.account_id = total.account_id)`,
  // Every name is found by each three letters of it, and nothing else is.
  ...["repositories", "organizations", "users", "accounts"].map(
    (table) => `SELECT '${table} ' || id || ' is not found by ' || name AS text FROM ${table}
      WHERE length(name) >= 3 AND NOT EXISTS (
        SELECT 1 FROM ${table}_text WHERE ${table}_text MATCH '"' || ${table}.name || '"' AND rowid = ${table}.id)`,
  ),
  `SELECT 'tag ' || name || ' of repository ' || repository_id || ' is not found by its name' AS text FROM tags
   WHERE companion_of IS NULL AND length(name) >= 3 AND NOT EXISTS (
     SELECT 1 FROM tags_text WHERE tags_text MATCH '"' || tags.name || '"' AND rowid = (repository_id << 32) | tags.rowid)`,
  // A deleted tag is found no more.
  `SELECT 'tag ' || tag || ' of repository ' || tag_history.repository_id || ' is found after its deletion' AS text
   FROM tag_history WHERE digest IS NULL AND length(tag) >= 3
     AND NOT EXISTS (
       SELECT 1 FROM tags WHERE tags.repository_id = tag_history.repository_id AND instr(lower(tags.name), lower(tag)) > 0)
     AND EXISTS (
       SELECT 1 FROM tags_text WHERE tags_text MATCH '"' || tag || '"' AND rowid >= (tag_history.repository_id << 32)
         AND rowid < ((tag_history.repository_id + 1) << 32))`,
  `SELECT 'tag ' || name || ' of repository ' || repository_id || ' has not ' || image_bytes || ' bytes' AS text FROM tags
   WHERE image_bytes <> (
     SELECT coalesce(sum(size), 0) FROM blobs WHERE id IN (
       SELECT blob_id FROM manifest_blobs WHERE manifest_blobs.manifest_id = tags.manifest_id
       UNION
       SELECT blob_id FROM manifest_children JOIN manifest_blobs ON manifest_blobs.manifest_id = child_id
       WHERE parent_id = tags.manifest_id))`,
];
