/** The latest pushes and deliveries, for the console's overview. SWR has no such operation. */
import type { Reason } from "../../kernel/reasons.ts";
import { readOptionalDetail } from "../../model/read-detail.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  listRecentDeliveries,
  listRecentPushes,
  RECENT_IMAGES,
  type RecentDelivery as RecentDeliveryRecord,
  type RecentPush,
} from "../../storage/overview/activity.ts";
import type { Call } from "../call.ts";

export { RECENT_IMAGES, type RecentPush };

/** A delivery with what came of it last, in a sentence and in codes. */
export type RecentDelivery = RecentDeliveryRecord & { reasons: Reason[] };

/**
 * The last pushes to images that the caller has a right to, and the last deliveries of triggers of those that the caller
 * may edit.
 *
 * @param limit how many of each.
 */
export async function getActivity(
  call: Call<Manager>,
  limit: number,
): Promise<{ pushes: RecentPush[]; deliveries: RecentDelivery[] }> {
  const user = call.caller.user;
  const [pushes, deliveries] = await Promise.all([
    listRecentPushes(call.stores.nearby, user, limit),
    listRecentDeliveries(call.stores.nearby, user, limit),
  ]);
  return { pushes, deliveries: deliveries.map((each) => ({ ...each, ...readOptionalDetail(each.detail) })) };
}
