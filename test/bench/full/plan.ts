/** What a plan of SQLite's must not have, where tables grow with the registry. */

/** A row of EXPLAIN QUERY PLAN. */
export interface Step {
  id: number;
  parent: number;
  detail: string;
}

/** Tables of which a registry may have a million rows, or a hundred thousand. */
const LARGE =
  "accounts|access_keys|audit_events|blobs|clusters|daily_image_usage|daily_organization_pulls|daily_organization_usage|daily_pulls|deliveries|delivery_attempts|" +
  "immutable_tag_rules|manifest_blobs|manifest_children|manifest_platforms|manifest_texts|manifests|organization_blobs|" +
  "organization_permissions|organizations|repositories|repository_blobs|repository_permissions|retention_log|" +
  "retention_rules|sessions|shares|tag_history|tags|triggers|used_signatures|users";
const SCAN = new RegExp(`^SCAN (${LARGE})(?!\\w)(?! USING (COVERING )?INDEX)`);
const ANY_SCAN = new RegExp(`^SCAN (${LARGE})(?!\\w)`);

/**
 * Steps that read all of a large table, and sorts of what a scan of one finds.
 *
 * What a subquery under the name of its table has found is read as a whole: the subquery itself is looked at as well.
 */
export function faultsOf(steps: readonly Step[]): string[] {
  const bounded = steps.flatMap(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/.exec(detail)?.[1] ?? []);
  const scans = steps.filter(({ detail }) => SCAN.test(detail));
  for (const table of bounded) {
    const at = scans.findIndex(({ detail }) => detail === `SCAN ${table}`);
    if (at !== -1) scans.splice(at, 1);
  }
  const scanning = new Set(
    steps
      .filter(({ detail }) => ANY_SCAN.test(detail) && !bounded.some((table) => detail === `SCAN ${table}`))
      .map(({ parent }) => parent),
  );
  const sorts = steps.filter(({ detail, parent }) => detail.includes("TEMP B-TREE") && scanning.has(parent));
  return [...scans, ...sorts].map(({ detail }) => detail);
}
