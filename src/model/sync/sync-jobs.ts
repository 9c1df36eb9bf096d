/** Jobs of synchronization: what may become of them, how often they are tried, and what they note of how far they came. */
import { z } from "zod";

/**
 * As SWR calls them. `cancel`: somebody cancelled it, or a newer push of the tag took its place. `timeout`: given up because
 * the target gave no answer. `existed`: the tag is there with another digest, and is not to be moved.
 */
export const SYNC_STATUSES = ["waiting", "running", "success", "failed", "timeout", "cancel", "existed"] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

export const SYNC_OPERATIONS = ["copy", "delete"] as const;
export type SyncOperation = (typeof SYNC_OPERATIONS)[number];

/** A job that has come no further in this time is given up, whatever its target says. */
export const MAX_JOB_MS = 3 * 24 * 60 * 60 * 1000;

/** What of an image is sent: a manifest, and how much its blobs have. */
const Part = z.tuple([
  z.string(),
  /** Bytes of its blobs; null where they were not counted. */
  z.number().nullable(),
  /** What it is put under beside its digest: the tag of a companion. */
  z.string().nullable(),
]);
export type SyncPart = z.infer<typeof Part>;

/**
 * Everything that a job sends, in the order in which it does: children before their indexes, the image, what refers to it. The
 * tag comes last and is not among them.
 */
const Plan = z.object({ parts: z.array(Part), image: z.number(), isWhole: z.boolean() });
export type SyncPlan = z.infer<typeof Plan>;

const Progress = z.object({
  /** How many parts of the plan are there. */
  parts: z.number(),
  /** How many blobs of the next part are there, counted from its first. */
  blobs: z.number(),
  /** Uploads that are under way, by the digest of their blob: where they go on. */
  uploads: z.record(z.string(), z.string()),
  /** Most bytes of one request; null while nothing is known of the target. */
  requestBytes: z.number().nullable(),
  /** Bytes of blobs that are there. */
  bytes: z.number(),
});
/** How far a job has come. */
export type SyncProgress = z.infer<typeof Progress>;

export const NO_PROGRESS: SyncProgress = { parts: 0, blobs: 0, uploads: {}, requestBytes: null, bytes: 0 };

/** Reads what a job has noted; undefined where it is from a version that wrote it otherwise, and has to begin again. */
export function readPlan(text: string | null): SyncPlan | undefined {
  return text === null ? undefined : Plan.safeParse(JSON.parse(text)).data;
}

export function readProgress(text: string | null): SyncProgress {
  return (text === null ? undefined : Progress.safeParse(JSON.parse(text)).data) ?? NO_PROGRESS;
}

/** Bytes of the blobs of a plan; undefined where nobody has counted them all. */
export function bytesOf({ parts }: SyncPlan): number | undefined {
  let sum = 0;
  for (const [, bytes] of parts) {
    if (bytes === null) return undefined;
    sum += bytes;
  }
  return sum;
}
