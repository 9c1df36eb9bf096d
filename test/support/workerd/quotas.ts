/** Quotas for tests: limits that an operator sets, and counters against a count of what is there. */
import { env } from "cloudflare:workers";
import type { CommonChanges, QuotaChanges, QuotaHolder, QuotaResource } from "../../../src/model/quota.ts";
import { send } from "./registry.ts";

export interface ShownQuota {
  used: number;
  limit: number | null;
  source: "default" | "own";
}

/** Sets limits as an operator, by path: `organizations/acme`, `accounts/acme`. */
export async function setLimits(holder: string, changes: QuotaChanges): Promise<Record<QuotaResource, ShownQuota>> {
  const response = await send("PATCH", `/api/${holder}/quota`, {
    body: JSON.stringify(changes),
    headers: { "Content-Type": "application/json" },
  });
  if (response.status !== 200) throw new Error(`setting limits: ${response.status} ${await response.text()}`);
  return (await response.json<{ quotas: Record<QuotaResource, ShownQuota> }>()).quotas;
}

/** Sets the limits of all that have none of their own. */
export async function setCommonLimits(changes: Partial<Record<QuotaHolder, CommonChanges>>): Promise<void> {
  const response = await send("PATCH", "/api/quotas", {
    body: JSON.stringify(changes),
    headers: { "Content-Type": "application/json" },
  });
  if (response.status !== 200) throw new Error(`setting limits: ${response.status} ${await response.text()}`);
}

/** How much an organization or account has of everything. */
export async function usedBy(holder: string): Promise<Record<QuotaResource, number>> {
  const response = await send("GET", `/api/${holder}/quota`);
  if (response.status !== 200) throw new Error(`reading quotas: ${response.status} ${await response.text()}`);
  const { quotas } = await response.json<{ quotas: Record<QuotaResource, ShownQuota> }>();
  return Object.fromEntries(Object.entries(quotas).map(([resource, { used }]) => [resource, used])) as Record<
    QuotaResource,
    number
  >;
}

/** What there is of each resource in an organization `o`. */
const TOTALS: Record<QuotaResource, string> = {
  storedBytes: `SELECT ifnull(sum(size), 0) FROM blobs WHERE id IN (
    SELECT blob_id FROM repository_blobs JOIN repositories ON repositories.id = repository_id WHERE organization_id = o.id)`,
  manifestBytes: `SELECT ifnull(sum(length(CAST(text AS BLOB))), 0) FROM manifest_texts
    JOIN manifests ON manifests.id = manifest_id JOIN repositories ON repositories.id = repository_id
    WHERE organization_id = o.id`,
  // A deleted image has account 0 until all that it had is deleted.
  images: "SELECT count(*) FROM repositories WHERE organization_id = o.id AND account_id <> 0",
  tags: `SELECT count(*) FROM tags JOIN repositories ON repositories.id = repository_id
    WHERE organization_id = o.id AND account_id <> 0`,
  openUploads: "SELECT count(*) FROM open_uploads WHERE organization_id = o.id",
};

/** Queries for counters that are wrong. */
const MISCOUNTED = [
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
   WHERE tag_count <> (SELECT count(*) FROM tags WHERE repository_id = repositories.id)`,
];

/** Counters that differ from a count of what is there, each as a sentence. */
export async function miscounted(): Promise<string[]> {
  const answers = await env.DB.batch<{ text: string }>(MISCOUNTED.map((query) => env.DB.prepare(query)));
  return answers.flatMap(({ results }) => results.map(({ text }) => text));
}

/** Holders that have more than they may, each as a sentence. */
export async function aboveLimits(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT own.holder || ' ' || own.holder_id || ' has ' || own.used || ' ' || own.resource AS text
     FROM quotas own JOIN quotas common
       ON common.holder = own.holder AND common.holder_id = 0 AND common.resource = own.resource
     WHERE own.holder_id <> 0 AND own.used > ifnull(own.own_limit, common.own_limit)`,
  ).all<{ text: string }>();
  return results.map(({ text }) => text);
}
