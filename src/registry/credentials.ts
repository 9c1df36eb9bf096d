/** Who somebody is, by name and password: a user's own, or those of a login command (guide 4.1, 4.2). */
import { createHash } from "node:crypto";
import type { Caller, User } from "../model/access.ts";
import { isSameText } from "../model/compare.ts";
import { shorten } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import {
  type LoginName,
  parseLoginName,
  parseTemporaryKey,
  permanentPassword,
  type TemporaryKey,
  temporaryPassword,
} from "../model/login.ts";
import { hashPassword, verifyPassword } from "../model/password.ts";
import type { Stores } from "../storage/stores.ts";
import { findUserById, findUserByName, type UserRecord } from "../storage/users.ts";
import { readAccessKey, recordUse } from "./access-keys.ts";
import { recordFailedLogin } from "./audit.ts";

export interface Identity {
  user: User;
  reach: Caller["reach"];
  /** Changes when the user's password does: what refresh tokens and temporary logins are bound to. */
  credentialVersion: string;
  /** Id of the login that lasts which somebody came with, if it was one. */
  session?: string;
}

/** An attempt to log in. */
export interface Login {
  name: string;
  password: string;
  /** The client's IP address, where the platform tells. */
  address: string | undefined;
}

/**
 * Checks a name and password, a user's own or those of a login command.
 *
 * @throws RegistryError UNAUTHORIZED, with the same words and after the same work whatever is wrong; docker prints them
 * (guide 7.3.1). TOO_MANY_REQUESTS after too many attempts.
 */
export async function authenticate(stores: Stores, login: Login): Promise<Identity> {
  const name = parseLoginName(login.name);
  const identity = name ? await checkLoginCommand(stores, name, login) : await checkUser(stores, login);
  return identity ?? refuse();
}

/**
 * The same for what a login command's credentials do not reach: they are as wrong here as any others.
 *
 * @param account what is known of the user's account; another one is as wrong as another password.
 * @throws RegistryError as {@link authenticate}.
 */
export async function authenticateUser(
  stores: Stores,
  login: Login,
  account: { id?: string | undefined; name?: string | undefined } = {},
): Promise<Identity> {
  const identity = await checkUser(stores, login);
  if (!identity) return refuse();
  const { accountId, accountName } = identity.user;
  const { id = String(accountId), name = accountName } = account;
  if (id === String(accountId) && name === accountName) return identity;
  await noteFailedLogin(stores, login.name, login.address);
  return refuse();
}

function refuse(): never {
  throw new RegistryError("UNAUTHORIZED", "authentication required: the user name or the password is wrong");
}

/**
 * Checks a user's own name and password, and records when they are wrong.
 *
 * @returns undefined when they are wrong.
 * @throws RegistryError TOO_MANY_REQUESTS.
 */
export async function checkUser(stores: Stores, login: Login): Promise<Identity | undefined> {
  const identity = await identityByPassword(stores, login);
  if (!identity) await noteFailedLogin(stores, login.name, login.address);
  return identity;
}

/** A key cannot be guessed, and many machines may use it at once from one address (guide 7.2.3): only failures count. */
async function checkLoginCommand(stores: Stores, name: LoginName, login: Login): Promise<Identity | undefined> {
  const temporary = parseTemporaryKey(name.key);
  const identity = temporary
    ? await identityByTemporaryKey(stores, name, temporary, login.password)
    : await identityByAccessKey(stores, name, login.password);
  if (identity) return identity;
  await countAttempt(stores, login);
  await noteFailedLogin(stores, login.name, login.address);
  return undefined;
}

/** Records that a login failed, unless that happens so often from one address that it would flood the audit. */
export async function noteFailedLogin(stores: Stores, name: string, address: string | undefined): Promise<void> {
  const { success } = await stores.loginLimiter.limit({ key: address ?? "" });
  if (success) await recordFailedLogin(stores, shorten(name), address);
}

/** @throws RegistryError TOO_MANY_REQUESTS when there were too many attempts for this name from this address. */
async function countAttempt(stores: Stores, { name, address }: Login): Promise<void> {
  const { success } = await stores.loginLimiter.limit({ key: `${shorten(name)}|${address ?? ""}` });
  if (!success) throw new RegistryError("TOO_MANY_REQUESTS", "too many attempts to log in: try again in a minute");
}

async function identityByPassword(stores: Stores, login: Login): Promise<Identity | undefined> {
  const record = await findUserByName(stores.db, login.name);
  // Somebody who does not exist has a password nobody knows, so that checking costs the same.
  const hash = record?.passwordHash ?? unknownUsersHash();
  const fingerprint = createHash("sha256").update(`${hash}\0${login.password}`).digest("base64url");
  if (!verified.has(fingerprint)) {
    await countAttempt(stores, login);
    if (!verifyPassword(login.password, hash)) return undefined;
    remember(fingerprint);
  }
  return record && identityOf(record, "account");
}

/** The project is part of what a temporary login's password is made from; a permanent one's is not (guide 4.2). */
async function identityByTemporaryKey(
  stores: Stores,
  name: LoginName,
  { userId, expiresAt }: TemporaryKey,
  password: string,
): Promise<Identity | undefined> {
  const record = await findUserById(stores.db, userId);
  const identity = record && identityOf(record, "registry");
  const version = identity?.credentialVersion ?? "";
  const isRight = stores.secrets.token.some((secret) => isSameText(password, temporaryPassword(secret, name, version)));
  return isRight && Date.now() < expiresAt.getTime() ? identity : undefined;
}

async function identityByAccessKey(stores: Stores, name: LoginName, password: string): Promise<Identity | undefined> {
  const { key, secret } = await readAccessKey(stores, name.key);
  const isRight = isSameText(password, permanentPassword(name.key, secret));
  if (!key || !isRight) return undefined;
  await recordUse(stores, key);
  return identityOf(key.user, "registry");
}

/**
 * A user as of now, whom a token names as of some minutes ago.
 *
 * @throws RegistryError UNAUTHORIZED when the user has been deleted; the id may be another's by now.
 */
export async function findCurrentIdentity(stores: Stores, { id, name }: User): Promise<Identity> {
  const record = await findUserById(stores.db, id);
  if (record?.name === name) return identityOf(record, "account");
  throw new RegistryError("UNAUTHORIZED", "the login has ended: log in again");
}

/** Leaves nothing of the record that is to stay behind: what is made from it goes into tokens and answers. */
export function identityOf(record: UserRecord, reach: Caller["reach"]): Identity {
  const { id, name, accountId, accountName, role, passwordHash } = record;
  return {
    user: { id, name, accountId, accountName, role },
    reach,
    credentialVersion: credentialVersionOf(passwordHash),
  };
}

/** What changes with a user's password, and tells nothing of it. */
export function credentialVersionOf(passwordHash: string): string {
  return createHash("sha256").update(passwordHash).digest("base64url").slice(0, 16);
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

function remember(fingerprint: string): void {
  if (verified.size >= MAX_REMEMBERED) verified.clear();
  verified.add(fingerprint);
}
