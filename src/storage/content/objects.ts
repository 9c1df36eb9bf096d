import { eq } from "drizzle-orm";
import type { Database } from "../database.ts";
import { blobs } from "../schema.ts";

/** What every key begins with. */
export const OBJECT_PREFIX = "blobs/";

/**
 * R2 holds blobs only:
 *
 *     blobs/<uuid>      the bytes of one blob; the row in `blobs` says whose digest they have
 *
 * A key is random and never used twice, so finishing an upload renames nothing, two pushes of one digest cannot meet,
 * and deleting an object cannot hit a newer upload.
 */
export function newObjectKey(): string {
  return `${OBJECT_PREFIX}${crypto.randomUUID()}`;
}

/** Removes an object unless a blob row names it: the one way by which uploads take back what they wrote. */
export async function discardObject(db: Database, bucket: R2Bucket, key: string): Promise<void> {
  const [named] = await db.select({ id: blobs.id }).from(blobs).where(eq(blobs.objectKey, key));
  if (!named) await bucket.delete(key);
}

/**
 * Whether an object's bytes are there: one operation of R2. Metadata alone do not tell in the local runtime, where they are in
 * a database and the bytes in a file beside it.
 *
 * @param object.size bytes: R2 has no range of an empty object.
 */
export async function hasObject(
  bucket: R2Bucket,
  { objectKey, size }: { objectKey: string; size: number },
): Promise<boolean> {
  if (size === 0) return (await bucket.head(objectKey)) !== null;
  const object = await bucket.get(objectKey, { range: { offset: 0, length: 1 } });
  await object?.body.cancel();
  return object !== null;
}
