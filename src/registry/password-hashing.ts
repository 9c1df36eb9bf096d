/**
 * The one place where passwords are hashed. A hash takes the isolate's thread for 50 ms and more, so all of them pass a
 * {@link Lane}: one for those who have yet to show who they are, and one for users who are signed in, who never wait for
 * the others.
 */
import type { User } from "../model/access.ts";
import { hashOfNobody, hashPassword, verifyPassword } from "../model/password.ts";
import { Lane, type Turn } from "./lane.ts";

export type { Turn };

/** What each lane may take of the thread: half of it is left to everything else. */
const SHARE = 0.25;
/** How many of one network, or of one user, may wait. */
export const MAX_PLACES_OF_ONE = 16;

const logins = new Lane(SHARE);
const users = new Lane(SHARE);

/**
 * A turn to have a password checked.
 *
 * @param network of the client, and how many places it may have.
 * @throws RegistryError TOO_MANY_REQUESTS.
 */
export function takeTurn(network: string, places: number): Turn {
  return logins.take(network, places);
}

/**
 * Whether a password is the one behind a stored hash; for no hash, that of a user who does not exist, it never is, and
 * checking costs the same.
 *
 * @param findResult as for {@link Lane.run}.
 */
export function checkPassword(
  turn: Turn,
  password: string,
  stored: string | undefined,
  findResult: () => boolean | undefined,
): Promise<boolean> {
  return logins.run(turn, () => verifyPassword(password, stored ?? hashOfNobody()), findResult);
}

/**
 * The same for a user who is signed in.
 *
 * @throws RegistryError TOO_MANY_REQUESTS.
 */
export async function checkOwnPassword(user: User, password: string, stored: string): Promise<boolean> {
  return users.run(turnOf(user), () => verifyPassword(password, stored));
}

/**
 * The hash of a new password, to be stored.
 *
 * @param user who sets it.
 * @throws RegistryError TOO_MANY_REQUESTS.
 */
export async function hashNewPassword(user: User, password: string): Promise<string> {
  return users.run(turnOf(user), () => hashPassword(password));
}

function turnOf({ id }: User): Turn {
  return users.take(String(id), MAX_PLACES_OF_ONE);
}
