/** Which manifest a companion belongs to, and which tags lead to a manifest. */
import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { manifestChildren, tags } from "../schema.ts";

/** Whether a manifest, of a table or alias, is the one that a companion belongs to: digests that begin with the key. */
export function isOfKey(digest: SQL, key: SQLWrapper): SQL {
  // Behind the digits there is no "g".
  return sql`(${digest} >= ${key} AND ${digest} < ${key} || 'g')`;
}

/**
 * Whether a tag leads to a manifest: one of its own, or one of an index that it is part of, however deep.
 *
 * @param condition what the tag, `leading`, has to meet.
 */
export function isLedTo(manifestId: SQL, condition: SQL = sql`1`): SQL {
  return sql`EXISTS (
    WITH RECURSIVE above(id) AS (
      SELECT ${manifestId}
      UNION SELECT edges.parent_id FROM above CROSS JOIN ${manifestChildren} AS edges ON edges.child_id = above.id)
    SELECT 1 FROM above CROSS JOIN ${tags} AS leading ON leading.manifest_id = above.id WHERE ${condition})`;
}
