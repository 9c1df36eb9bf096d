/** Which manifest a companion belongs to, and which tags lead to a manifest. */
import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { manifestChildren, tags } from "../schema.ts";

/** Whether a manifest is the one that a companion belongs to: its digest begins with the companion's key. */
export function isOfKey(digest: SQLWrapper, key: SQLWrapper): SQL {
  // Behind the digits there is no "g".
  return sql`(${digest} >= ${key} AND ${digest} < ${key} || 'g')`;
}

const leading = alias(tags, "leading");

/**
 * Whether a tag leads to a manifest: one of its own, or one of an index that it is part of, however deep.
 *
 * @param meets what the tag has to meet besides, as a condition on its row.
 */
export function isLedTo(manifestId: SQLWrapper, meets: (tag: typeof leading) => SQL = () => sql`1`): SQL {
  return sql`EXISTS (
    WITH RECURSIVE above(id) AS (
      SELECT ${manifestId}
      UNION SELECT edges.parent_id FROM above CROSS JOIN ${manifestChildren} AS edges ON edges.child_id = above.id)
    SELECT 1 FROM above CROSS JOIN ${tags} AS ${leading} ON ${leading.manifestId} = above.id WHERE ${meets(leading)})`;
}
