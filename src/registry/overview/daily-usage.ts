/** What images and organizations have taken up, and what was pulled from them, day by day. */
import type { Manager, Visitor } from "../../model/rights/access.ts";
import { type Day, dayOf, daysBefore, lastDays } from "../../kernel/day.ts";
import type { OrganizationName, RepositoryName } from "../../kernel/reference.ts";
import {
  type KnownUsage,
  readImageUsage,
  readOrganizationUsage,
  type Stored,
} from "../../storage/overview/daily-usage.ts";
import type { Call } from "../call.ts";
import { requireOrganization, requireRepository, unknownImage, unknownOrganization } from "../rights/management.ts";

/** How many days it is kept for, the running one included. */
export const USAGE_DAYS = 365;

/** One day, in UTC. What is stored is what there was at its end, or is now; null before it is known. */
export interface OrganizationDay extends Stored {
  day: Day;
  pulledBytes: number;
}

export interface ImageDay extends OrganizationDay {
  pulls: number;
}

/**
 * What an image had on each of the last days, the oldest first.
 *
 * @param count of days, the running one included: 1 to {@link USAGE_DAYS}.
 */
export async function listImageDays(call: Call<Visitor>, name: RepositoryName, count: number): Promise<ImageDay[]> {
  const { id, organization } = await requireRepository(call, name, "read");
  const days = lastDays(new Date(), count);
  const usage = await readImageUsage(call.stores.nearby, { id, accountId: organization.accountId }, days);
  if (!usage) throw unknownImage(name);
  const pulled = new Map(usage.pulls.map((each) => [each.day, each]));
  return storedDays(days, usage).map((stored) => {
    const { pulls = 0, bytes = 0 } = pulled.get(stored.day) ?? {};
    return { ...stored, pulls, pulledBytes: bytes };
  });
}

/** The same of an organization, for who has a right to all of its images. */
export async function listOrganizationDays(
  call: Call<Manager>,
  name: OrganizationName,
  count: number,
): Promise<OrganizationDay[]> {
  const organization = await requireOrganization(call, name, "read");
  const days = lastDays(new Date(), count);
  const usage = await readOrganizationUsage(call.stores.nearby, organization, days);
  if (!usage) throw unknownOrganization(name);
  const pulled = new Map(usage.pulls.map(({ day, bytes }) => [day, bytes]));
  return storedDays(days, usage).map((stored) => ({ ...stored, pulledBytes: pulled.get(stored.day) ?? 0 }));
}

const UNKNOWN: Stored = { storedBytes: null, tags: null };

function storedDays(
  days: readonly Day[],
  { createdAt, known, present }: KnownUsage<unknown>,
): (Stored & { day: Day })[] {
  const created = dayOf(createdAt);
  return daysBefore(days, known, present).map(({ day, value }) => ({ day, ...(day < created ? UNKNOWN : value) }));
}
