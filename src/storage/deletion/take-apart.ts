/** Manifests that are gone for everybody, and what they named. */
import { lt, sql, type SQL } from "drizzle-orm";
import { digestKey } from "../content/companions.ts";
import type { Database } from "../database.ts";
import { SLICE_ROWS } from "./cleanups.ts";
import { COLLECTED, DELETED } from "./gone.ts";
import {
  blobs,
  manifestBlobs,
  manifestChildren,
  manifests,
  restingCompanions,
  tags,
  upstreamParts,
} from "../schema.ts";

/** Manifests that one slice takes apart, and bytes of their texts. */
export const SLICE_MANIFESTS = 50;

const SLICE_TEXT_BYTES = 1024 * 1024;

/**
 * Takes apart a slice of the manifests that are gone: what they name, then themselves. Parents have higher ids than their
 * children, which were there before them, and so come first.
 *
 * @returns how many rows went; 0 when there are no such manifests.
 */
export async function takeApart(db: Database): Promise<number> {
  const [first] = await db
    .select({ kind: manifests.unreferencedSince })
    .from(manifests)
    .where(lt(manifests.unreferencedSince, 0))
    .limit(1);
  if (!first) return 0;
  for (const kind of [DELETED, COLLECTED] as const) {
    const last = sql`
      SELECT ${manifests.id} AS id, ${manifests.repositoryId} AS repository_id, ${manifests.digest} AS digest,
             ${manifests.size} AS size
      FROM ${manifests} WHERE ${manifests.unreferencedSince} = ${kind} ORDER BY ${manifests.id} DESC LIMIT ${SLICE_MANIFESTS}`;
    const [, ...changed] = await db.batch(takingApart(db, last, kind));
    const count = changed.reduce((sum, rows) => sum + rows.length, 0);
    if (count > 0) return count;
  }
  return 0;
}

/** @param last the manifests in question, those with the highest ids first: id, repository_id, digest, size. */
export function takingApart(db: Database, last: SQL, kind: typeof COLLECTED | typeof DELETED) {
  const page = sql`(
    SELECT id, repository_id, digest FROM (SELECT *, sum(size) OVER (ORDER BY id DESC) - size AS before FROM (${last}))
    WHERE before < ${SLICE_TEXT_BYTES})`;
  const subject = sql`substr(page.digest, instr(page.digest, ' ') + 1)`;
  const resting = sql`${restingCompanions} AS resting
    ON resting.repository_id = page.repository_id AND resting.companion_of = ${digestKey(subject)}
    CROSS JOIN ${manifests} AS companions ON companions.id = resting.manifest_id AND companions.unreferenced_since IS NULL`;
  const edges = sql`
    SELECT named.rowid FROM ${page} AS page CROSS JOIN ${manifestBlobs} AS named ON named.manifest_id = page.id
    LIMIT ${SLICE_ROWS}`;
  return [
    db
      .update(blobs)
      .set({ lastUsedAt: new Date() })
      .where(
        sql`${kind} = ${DELETED} AND ${blobs.id} IN (
          SELECT ${manifestBlobs.blobId} FROM ${manifestBlobs} WHERE ${manifestBlobs}.rowid IN (${edges}))`,
      ),
    db
      .delete(manifestChildren)
      .where(
        sql`${manifestChildren}.rowid IN (
          SELECT named.rowid FROM ${page} AS page CROSS JOIN ${manifestChildren} AS named ON named.parent_id = page.id
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifestChildren.parentId }),
    db
      .delete(manifestBlobs)
      .where(sql`${manifestBlobs}.rowid IN (${edges})`)
      .returning({ id: manifestBlobs.manifestId }),
    db
      .delete(upstreamParts)
      .where(
        sql`${upstreamParts}.rowid IN (
          SELECT named.rowid FROM ${page} AS page CROSS JOIN ${upstreamParts} AS named ON named.manifest_id = page.id
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: upstreamParts.manifestId }),
    // Where the subject was pushed again meanwhile it keeps them, which garbage collection finds out.
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.id} IN (
          SELECT referrers.id FROM ${page} AS page CROSS JOIN ${manifests} AS referrers
            ON referrers.repository_id = page.repository_id AND referrers.subject = ${subject}
          WHERE referrers.unreferenced_since IS NULL LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifests.id }),
    // The same for companions that rest until their manifest comes back.
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.id} IN (SELECT companions.id FROM ${page} AS page CROSS JOIN ${resting} LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: manifests.id }),
    db
      .delete(restingCompanions)
      .where(
        sql`${restingCompanions}.rowid IN (
          SELECT named.rowid FROM ${page} AS page CROSS JOIN ${restingCompanions} AS named ON named.manifest_id = page.id
          LIMIT ${SLICE_ROWS})`,
      )
      .returning({ id: restingCompanions.manifestId }),
    db
      .delete(manifests)
      .where(
        sql`${manifests.id} IN (
          SELECT page.id FROM ${page} AS page
          WHERE NOT EXISTS (SELECT 1 FROM ${manifestBlobs} AS named WHERE named.manifest_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${upstreamParts} AS named WHERE named.manifest_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${manifestChildren} AS named WHERE named.parent_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${manifestChildren} AS named WHERE named.child_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = page.id)
            AND NOT EXISTS (SELECT 1 FROM ${restingCompanions} AS named WHERE named.manifest_id = page.id)
            AND NOT EXISTS (SELECT 1 FROM (SELECT page.repository_id, page.digest) AS page CROSS JOIN ${resting})
            AND NOT EXISTS (
              SELECT 1 FROM ${manifests} AS referrers
              WHERE referrers.repository_id = page.repository_id AND referrers.subject = ${subject}
                AND referrers.unreferenced_since IS NULL))`,
      )
      .returning({ id: manifests.id }),
  ] as const;
}
