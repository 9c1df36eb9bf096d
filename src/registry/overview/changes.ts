/** What lists that are on screen are followed by: whether something has changed. SWR has no such operation. */
import type { Manager } from "../../model/rights/access.ts";
import { digestOf } from "../../model/hash.ts";
import { readChangeMarks } from "../../storage/overview/changes.ts";
import type { Call } from "../call.ts";

/** Texts that are others once something has changed, and say nothing else. */
export interface Changes {
  /** A push, a deletion, a change of an image's properties, an organization that came or went. */
  images: string;
  /** A delivery of a trigger that was made. */
  deliveries: string;
  /** A job of synchronization that was made. */
  jobs: string;
}

/** What a text has of its hash: enough never to be the same by chance. */
const MARK_LENGTH = 16;

/** The marks of what the caller may see of their own account. */
export async function getChanges({ stores, caller: { user } }: Call<Manager>): Promise<Changes> {
  const { updated, counted, organizations, delivery, job } = await readChangeMarks(stores.nearby, user);
  return {
    images: markOf(updated, counted, organizations),
    deliveries: markOf(delivery),
    jobs: markOf(job),
  };
}

function markOf(...numbers: (number | null)[]): string {
  const hash = digestOf(new TextEncoder().encode(JSON.stringify(numbers)));
  return hash.slice(hash.indexOf(":") + 1, hash.indexOf(":") + 1 + MARK_LENGTH);
}
