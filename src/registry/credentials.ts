/** Who somebody is, by name and password. */
import { createHash } from "node:crypto";
import type { Caller, User } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { hashPassword, verifyPassword } from "../model/password.ts";
import type { Stores } from "../storage/stores.ts";
import { findUserById, findUserByName, type UserRecord } from "../storage/users.ts";

export interface Identity {
  user: User;
  reach: Caller["reach"];
  /** Changes when the credentials do: what a refresh token is bound to. */
  credentialVersion: string;
}

/**
 * Checks a name and password.
 *
 * @throws RegistryError UNAUTHORIZED, with the same words and after the same work whether the name or the password is wrong.
 */
export async function authenticate(stores: Stores, name: string, password: string): Promise<Identity> {
  const record = await findUserByName(stores.db, name);
  // Somebody who does not exist has a password nobody knows, so that checking costs the same.
  const isRight = isVerified(password, record?.passwordHash ?? unknownUsersHash());
  if (!record || !isRight)
    throw new RegistryError("UNAUTHORIZED", "authentication required: the user name or the password is wrong");
  return identityOf(record);
}

/** Finds a user whom a refresh token names, unless the credentials it was made from have changed. */
export async function findIdentity(
  stores: Stores,
  userId: number,
  credentialVersion: string,
): Promise<Identity | undefined> {
  const record = await findUserById(stores.db, userId);
  const identity = record && identityOf(record);
  return identity?.credentialVersion === credentialVersion ? identity : undefined;
}

function identityOf({ passwordHash, ...user }: UserRecord): Identity {
  const credentialVersion = createHash("sha256").update(passwordHash).digest("base64url").slice(0, 16);
  return { user, reach: "account", credentialVersion };
}

let hashOfNobody: string | undefined;
function unknownUsersHash(): string {
  hashOfNobody ??= hashPassword(crypto.randomUUID());
  return hashOfNobody;
}

/**
 * A client that sends Basic with every request would cost a scrypt each time. So an isolate remembers which passwords
 * matched which stored hash: a changed password has another hash and is checked anew.
 */
const verified = new Set<string>();
const MAX_REMEMBERED = 1000;

function isVerified(password: string, hash: string): boolean {
  const key = createHash("sha256").update(`${hash}\0${password}`).digest("base64url");
  if (verified.has(key)) return true;
  if (!verifyPassword(password, hash)) return false;
  if (verified.size >= MAX_REMEMBERED) verified.clear();
  verified.add(key);
  return true;
}
