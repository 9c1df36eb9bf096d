import { markFound, replaceObject, type UploadedBlob } from "./blobs.ts";
import type { Database } from "../database.ts";
import { discardObject, hasObject } from "./objects.ts";

/**
 * Sees to it that a blob that was saved has one object that is there: the older one if its digest was stored already, unless
 * R2 has lost that.
 *
 * @param own the object that was just stored.
 * @returns the key of the object that the blob has: if it is another one, the caller's own is superfluous.
 */
export async function keepOneObject(
  db: Database,
  bucket: R2Bucket,
  own: Pick<UploadedBlob, "digest" | "objectKey" | "size">,
  { objectKey, lostAt }: { objectKey: string; lostAt: Date | null },
): Promise<string> {
  if (objectKey === own.objectKey) return objectKey;
  if (await hasObject(bucket, { objectKey, size: own.size })) {
    if (lostAt) await markFound(db, objectKey);
    return objectKey;
  }
  const kept = await replaceObject(db, own.digest, objectKey, own.objectKey);
  // What may be left of it: in the local runtime, its metadata.
  await discardObject(db, bucket, objectKey);
  return kept;
}
