/** What registry functions are called with. `http/call.ts` makes it, for each request once it is known who sends it. */
import type { Actor, Caller } from "../model/rights/access.ts";
import { requireUser } from "./rights/callers.ts";
import type { Stores } from "./stores.ts";

/** A request of which nothing is known but where it came in, such as one to log in. */
export interface Incoming {
  stores: Stores;
  /** The registry's own address, `https://host[:port]`: for what outlives the request, such as events and commands. */
  registry: string;
  /**
   * Does work that the answer does not wait for. It begins at once, and may go on after the answer; that it failed is logged.
   */
  after: (work: () => Promise<unknown>) => void;
}

/**
 * A request of somebody.
 *
 * @typeParam C who may call: a function that takes a `Call<Manager>` cannot be reached with credentials that only push and pull.
 */
export interface Call<C extends Caller = Caller> extends Incoming {
  caller: C;
}

/** Who acts, for the audit. @throws RegistryError UNAUTHORIZED for an anonymous caller. */
export function actorOf({ caller }: Call): Actor {
  const { address, passwordChanges, accessKey, subject } = caller;
  return { user: requireUser(caller), address, passwordChanges, accessKey, subject };
}

/** The registry as image names begin with it: `host[:port]`. */
export function hostOf({ registry }: Incoming): string {
  return new URL(registry).host;
}
