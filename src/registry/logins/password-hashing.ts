/**
 * The one place where passwords are hashed. A hash takes the isolate's thread for 50 ms and more, so all of them pass a
 * {@link Lane}: one for those who have yet to show who they are, and one for users who are signed in, who never wait for
 * the others.
 */
import type { User } from "../../model/rights/access.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import { hashOfNobody, hashPassword, verifyPassword } from "../../model/logins/passwords.ts";
import { Lane, type Turn } from "./lane.ts";

/** What each lane may take of the thread: half of it is left to everything else. */
const SHARE = 0.25;
/** How many of one network, or of one user, may wait. */
export const MAX_PLACES_OF_ONE = 16;

/** Container tools give up some seconds later. */
const LOGIN_WAIT_MS = 5000;
/** A user who is already known can wait longer without harm. */
const USER_WAIT_MS = 20_000;

const logins = new Lane(SHARE, LOGIN_WAIT_MS);
const users = new Lane(SHARE, USER_WAIT_MS);

/** A check that is under way, or was done just now. */
interface Check {
  startsAt: number;
  result?: { stored: string; isRight: boolean };
}

/** Running and recent checks, by name and password: if the same login arrives many times at once, it is checked once. */
const checks = new BoundedMemory<Check>(256 * 1024);
const CHECK_BYTES = 500;
/** For this long after its start, the result of a check is used again for the same login. */
const SHARED_MS = 2000;
const LOOK_INTERVAL_MS = 50;

export interface LoginTurn {
  check: Check;
  /** Undefined while another request does the work. */
  turn: Turn | undefined;
  takeTurn: () => Turn;
}

/**
 * A turn to have a password checked.
 *
 * @param subject stands for the name and password.
 * @param network of the client, and how many of it may wait.
 */
export function takeTurn(subject: string, network: string, places: number): LoginTurn {
  const take = () => logins.take(network, places);
  const other = checks.get(subject);
  if (other && performance.now() < other.startsAt + SHARED_MS) return { check: other, turn: undefined, takeTurn: take };
  const turn = take();
  const check: Check = { startsAt: turn.startsAt };
  checks.set(subject, check, CHECK_BYTES);
  return { check, turn, takeTurn: take };
}

/**
 * Whether a password is the one behind a stored hash; for no hash, that of a user who does not exist, it never is, and
 * checking costs the same.
 */
export async function checkPassword(
  { check, turn, takeTurn: take }: LoginTurn,
  password: string,
  stored: string = hashOfNobody(),
): Promise<boolean> {
  if (!turn) {
    // By a timer of its own, as `Lane` says.
    while (!check.result && performance.now() < check.startsAt + SHARED_MS) await scheduler.wait(LOOK_INTERVAL_MS);
    if (check.result?.stored === stored) return check.result.isRight;
  }
  // Also when the request that was to do the work has vanished, or the password was changed meanwhile.
  return logins.run(turn ?? take(), () => {
    check.result = { stored, isRight: verifyPassword(password, stored) };
    return check.result.isRight;
  });
}

/** The same for a user who is signed in. */
export async function checkOwnPassword(user: User, password: string, stored: string): Promise<boolean> {
  return users.run(turnOf(user), () => verifyPassword(password, stored));
}

/**
 * The hash of a new password, to be stored.
 *
 * @param user who sets it.
 */
export async function hashNewPassword(user: User, password: string): Promise<string> {
  return users.run(turnOf(user), () => hashPassword(password));
}

function turnOf({ id }: User): Turn {
  return users.take(String(id), MAX_PLACES_OF_ONE);
}
