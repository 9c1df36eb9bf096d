/** Requests of the registry's own that a request to it sets off at once (ADR 0017); deliveries wait in their rows instead. */
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import { targetHost } from "../../model/outbound/targets.ts";
import { takeOutbound } from "../../storage/outbound/paces.ts";
import type { Stores } from "../../storage/stores.ts";

/**
 * Counts a request that is about to be sent for an account.
 *
 * @param address where it goes.
 * @param requests how many are sent there one after the other.
 * @throws RegistryError TOO_MANY_REQUESTS when too many were sent for the account, or to the host.
 */
export async function requireOutbound({ db }: Stores, accountId: number, address: string, requests = 1): Promise<void> {
  const host = targetHost(new URL(address));
  if (await takeOutbound(db, { accountId, host }, requests)) return;
  throw refusal("TOO_MANY_REQUESTS", reason("TOO_MANY_CALLS", { host }));
}
