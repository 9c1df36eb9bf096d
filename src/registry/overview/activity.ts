/** What happened of late, for the first page that somebody sees: beyond SWR. */
import type { Caller } from "../../model/rights/access.ts";
import {
  listRecentDeliveries,
  listRecentPushes,
  RECENT_IMAGES,
  type RecentDelivery,
  type RecentPush,
} from "../../storage/overview/activity.ts";
import type { Stores } from "../../storage/stores.ts";
import { requireAccountUser } from "../rights/access.ts";

export { RECENT_IMAGES, type RecentDelivery, type RecentPush };

/**
 * The last pushes to images that the caller has a right to, and the last deliveries of triggers of those that the caller
 * may edit.
 *
 * @param limit how many of each.
 */
export async function getActivity(
  { db }: Stores,
  caller: Caller,
  limit: number,
): Promise<{ pushes: RecentPush[]; deliveries: RecentDelivery[] }> {
  const user = requireAccountUser(caller);
  const [pushes, deliveries] = await Promise.all([
    listRecentPushes(db, user, limit),
    listRecentDeliveries(db, user, limit),
  ]);
  return { pushes, deliveries };
}
