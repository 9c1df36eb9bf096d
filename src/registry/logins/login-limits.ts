/**
 * Slows down clients that guess passwords, with limits by name and address and by address alone. They are checked before any
 * other work is done.
 */
import { BoundedMemory } from "../../model/bounded-memory.ts";
import { networkOf } from "../../model/client-network.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { Stores } from "../../storage/stores.ts";
import { type LoginTurn, MAX_PLACES_OF_ONE, takeTurn } from "./password-hashing.ts";

/** An attempt to log in. */
export interface Login {
  name: string;
  password: string;
  /** The client's IP address, where the platform tells. */
  address: string | undefined;
}

/** For how long a network's failures count against its places. */
const FAILURES_COUNT_MS = 60_000;
/** For how long an isolate refuses a network by itself before it asks the limit of all isolates again. */
const BLOCK_MS = 10_000;
/** A network that fails has a quarter of its places left, and then this many: a right password may be among them. */
const MIN_PLACES = 2;

/** How long a refusal of too many attempts waits, and how many may wait: it slows down clients that guess one by one. */
const HOLD_MS = 1000;
const MAX_HELD = 32;

interface Failures {
  count: number;
  countsUntil: number;
  blockedUntil: number;
}

const failures = new BoundedMemory<Failures>(1024 * 1024);
const FAILURES_BYTES = 100;

/**
 * Lets an attempt pass, or refuses it.
 *
 * @param subject as for {@link takeTurn}.
 * @returns a turn to have its password checked.
 * @throws RegistryError TOO_MANY_REQUESTS after too many attempts for this name from this network, too many failures
 * from the network for whatever names, or while too many wait.
 */
export async function admit(stores: Stores, login: Login, subject: string): Promise<LoginTurn> {
  await countAttempt(stores, login);
  const network = networkOf(login.address);
  const failed = failuresOf(network)?.count ?? 0;
  try {
    return takeTurn(subject, network, Math.max(MIN_PLACES, Math.floor(MAX_PLACES_OF_ONE / 4 ** failed)));
  } catch (error) {
    return holdUp(error);
  }
}

export async function countAttempt(stores: Stores, { name, address }: Login): Promise<void> {
  const network = networkOf(address);
  const isBlocked = (failuresOf(network)?.blockedUntil ?? 0) > performance.now();
  if (isBlocked || !(await isWithin(stores.loginLimiter, `${shorten(name)}|${network}`))) {
    await holdUp(new RegistryError("TOO_MANY_REQUESTS", "too many attempts to log in: try again in a minute"));
  }
}

/**
 * Refuses a network that has failed too often just now, for checks that are no guess at a password and take no turn.
 *
 * @throws RegistryError TOO_MANY_REQUESTS.
 */
export async function refuseBlocked({ address }: Login): Promise<void> {
  if ((failuresOf(networkOf(address))?.blockedUntil ?? 0) <= performance.now()) return;
  await holdUp(new RegistryError("TOO_MANY_REQUESTS", "too many attempts to log in: try again in a minute"));
}

/** Counts an attempt that failed against its network. */
export async function countFailure(stores: Stores, { address }: Login): Promise<void> {
  const network = networkOf(address);
  const now = performance.now();
  const { count, countsUntil } = failuresOf(network) ?? { count: 0, countsUntil: now + FAILURES_COUNT_MS };
  failures.set(network, { count: count + 1, countsUntil, blockedUntil: 0 }, FAILURES_BYTES);
  if (await isWithin(stores.networkLimiter, network)) return;
  const blocked = { count: count + 1, countsUntil, blockedUntil: performance.now() + BLOCK_MS };
  failures.set(network, blocked, FAILURES_BYTES);
}

/** Counts that a user who is signed in is asked for the current password: other people's guesses do not count. */
export async function countOwnAttempt(stores: Stores, userId: number): Promise<void> {
  // No name has a space, so this is no key of a login.
  if (await isWithin(stores.loginLimiter, `user ${userId}`)) return;
  throw new RegistryError("TOO_MANY_REQUESTS", "too many wrong passwords: try again in a minute");
}

function failuresOf(network: string): Failures | undefined {
  const found = failures.get(network);
  return found && found.countsUntil > performance.now() ? found : undefined;
}

async function isWithin(limiter: RateLimit, key: string): Promise<boolean> {
  return (await limiter.limit({ key })).success;
}

let held: number[] = [];

/** Refuses after a moment, as long as not too many wait for that already. */
async function holdUp(refusal: unknown): Promise<never> {
  const now = performance.now();
  held = held.filter((until) => until > now);
  if (held.length < MAX_HELD) {
    held.push(now + HOLD_MS);
    await scheduler.wait(HOLD_MS);
  }
  throw refusal;
}
