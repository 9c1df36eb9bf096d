/** The latest pushes and deliveries, for the console's overview. SWR has no such operation. */
import type { Reason } from "../../kernel/reasons.ts";
import { readOptionalDetail } from "../../model/read-detail.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  listActivity,
  type RecentDelivery as RecentDeliveryRecord,
  type RecentPush,
} from "../../storage/overview/activity.ts";
import type { Call } from "../call.ts";

export type { RecentPush };

/** A delivery with what came of it last, in a sentence and in codes. */
export type RecentDelivery = RecentDeliveryRecord & { reasons: Reason[] };

export interface Activity {
  pushes: RecentPush[];
  /** Null for who may edit no image: they may see none. */
  deliveries: RecentDelivery[] | null;
  /** The deliveries by which triggers fail that somebody has to see to; null likewise. */
  failing: RecentDelivery[] | null;
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
  const { pushes, sees, deliveries, failing } = await listActivity(nearby, user, limit);
  const described = (found: RecentDeliveryRecord[]) =>
    sees ? found.map((each) => ({ ...each, ...readOptionalDetail(each.detail) })) : null;
  return { pushes, deliveries: described(deliveries), failing: described(failing) };
}
