/** What the Worker of this folder answers. */

/** How large a registry is. */
export interface Size {
  /** Tags of one image, each a manifest of its own. */
  tags: number;
  /** Further images, each with a rule and two tags. */
  images: number;
  blobs: number;
}

/** One invocation of the Worker, as a cron trigger would be one. */
export interface Run {
  /** Tags, rules, manifests, blobs or objects that it dealt with. */
  units: number;
  /** SQL statements, each of a batch counted. */
  statements: number;
  rowsRead: number;
  rowsWritten: number;
  /** Whether nothing was left to do. */
  isDone: boolean;
}

/** What can be run, in the order in which each finds what the ones before it have left. */
export const JOBS = [
  "nothing",
  "report",
  "objects",
  "rules",
  "exempt",
  "old",
  "days",
  "numbers",
  "note",
  "manifests",
  "blobs",
  "afterwards",
] as const;
export type Job = (typeof JOBS)[number];
