/** The latest pushes and deliveries, for the console's overview. SWR has no such operation. */
import type { Reason } from "../../kernel/reasons.ts";
import { readOptionalDetail } from "../../model/read-detail.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  listActivity,
  type RecentDelivery as RecentDeliveryRecord,
  type RecentPush,
} from "../../storage/overview/activity.ts";
import type { FailedSync as FailedSyncRecord } from "../../storage/sync/sync-failures.ts";
import type { Call } from "../call.ts";

export type { RecentPush };

/** A delivery with what came of it last, in a sentence and in codes. */
export type RecentDelivery = RecentDeliveryRecord & { reasons: Reason[] };

/** The same of a job of synchronization. */
export type FailedSync = FailedSyncRecord & { reasons: Reason[] };

export interface Activity {
  pushes: RecentPush[];
  /** Null for who may edit no image: they may see none. */
  deliveries: RecentDelivery[] | null;
  /** The deliveries by which triggers fail that somebody has to see to; null likewise. */
  failing: RecentDelivery[] | null;
  /** The jobs by which tags did not arrive at a remote registry, which no later one has made up for; null likewise. */
  failedSyncs: FailedSync[] | null;
}

/**
 * The last pushes to images that the caller has a right to, and the last deliveries and the failing triggers of those that the
 * caller may edit.
 *
 * @param limit how many of each.
 */
export async function getActivity(
  { stores: { nearby }, caller: { user } }: Call<Manager>,
  limit: number,
): Promise<Activity> {
  const { pushes, sees, deliveries, failing, failedSyncs } = await listActivity(nearby, user, limit);
  const described = <T extends { detail: string | null }>(found: T[]) =>
    sees ? found.map((each) => ({ ...each, ...readOptionalDetail(each.detail) })) : null;
  return {
    pushes,
    deliveries: described(deliveries),
    failing: described(failing),
    failedSyncs: described(failedSyncs),
  };
}
