import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { blobs } from "./schema.ts";

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
 * Whether an object's bytes are there. Its metadata alone do not tell in the local runtime, where they are in a database and
 * the bytes in a file beside it.
 */
export async function hasObject(bucket: R2Bucket, key: string): Promise<boolean> {
  const head = await bucket.head(key);
  if (!head || head.size === 0) return head !== null;
  const object = await bucket.get(key, { range: { offset: 0, length: 1 } });
  await object?.body.cancel();
  return object !== null;
}
