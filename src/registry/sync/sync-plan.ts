/** What a job of synchronization is to send, and in which order. */
import type { Digest } from "../../kernel/digest.ts";
import type { SyncPart, SyncPlan } from "../../model/sync/sync-jobs.ts";
import type { SyncJobRecord } from "../../storage/sync/sync-jobs.ts";
import { listAttached, listTree, sumBlobs } from "../../storage/sync/sync-content.ts";
import type { Stores } from "../../storage/stores.ts";

/** Signatures of SBOMs are two levels; nobody needs more than twice that. */
const MAX_LEVELS = 4;
/** What refers to one image, at most: more stays here, and the job says so. */
export const MAX_ATTACHED = 500;

/**
 * Lists what a job sends, so that nothing comes before what it names: the children of an index, the image, and then, on
 * request, what refers to any of these.
 *
 * @returns undefined when the image does not have the manifest any more.
 */
export async function planOf({ db }: Stores, job: SyncJobRecord): Promise<SyncPlan | undefined> {
  const { repositoryId, digest, hasReferrers } = job;
  const image = await listTree(db, repositoryId, digest);
  if (image.length === 0) return undefined;
  const ids = new Map(image.map((part) => [part.digest, part.id]));
  const order: { digest: Digest; tag: string | null }[] = image.map((part) => ({ digest: part.digest, tag: null }));
  let isWhole = true;
  let level: Digest[] = hasReferrers ? image.map((part) => part.digest) : [];
  for (let depth = 0; depth < MAX_LEVELS && level.length > 0; depth += 1) {
    const found = await listAttached(db, repositoryId, level, MAX_ATTACHED + 1);
    isWhole &&= found.length <= MAX_ATTACHED;
    const next: Digest[] = [];
    for (const attached of found.slice(0, MAX_ATTACHED)) {
      const isKnown = ids.has(attached.digest);
      if (isKnown && attached.tag === null) continue;
      const tree = isKnown ? [] : await listTree(db, repositoryId, attached.digest);
      for (const part of tree) {
        if (ids.has(part.digest)) continue;
        ids.set(part.digest, part.id);
        next.push(part.digest);
        if (part.digest !== attached.digest) order.push({ digest: part.digest, tag: null });
      }
      order.push(attached);
    }
    level = next;
  }
  const bytes = await sumBlobs(db, [...new Set(ids.values())]);
  const counted = new Set<Digest>();
  const parts = order.map(({ digest: part, tag }): SyncPart => {
    if (counted.has(part)) return [part, 0, tag];
    counted.add(part);
    return [part, bytes.get(ids.get(part) ?? -1) ?? null, tag];
  });
  return { parts, image: image.length - 1, isWhole };
}
