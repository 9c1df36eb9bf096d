/** Who somebody is, by name and password: a user's own, or those of a login command (guide 4.1, 4.2). */
import { createHash } from "node:crypto";
import type { FactsByName, Manager, Reach, Scope, User } from "../../model/rights/access.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import { networkOf } from "../../model/client-network.ts";
import { isSameText } from "../../model/compare.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { MAX_ACCOUNT_NAME_LENGTH, MAX_KNOWN_PASSWORD_LENGTH } from "../../kernel/field-limits.ts";
import {
  type LoginName,
  parseLoginName,
  parseTemporaryKey,
  permanentPassword,
  type TemporaryKey,
  temporaryPassword,
} from "../../model/logins/login-commands.ts";
import { type JobIdentity, looksLikeToken, parseJobName } from "../../model/trust/job-logins.ts";
import type { Stores } from "../../storage/stores.ts";
import { findUserById, type UserRecord } from "../../storage/accounts/users.ts";
import { findUserWithFacts } from "../../storage/rights/access.ts";
import { repositoriesOf } from "../rights/access.ts";
import { endedLogin, requireCurrentUser } from "../rights/write-target.ts";
import type { Call, Incoming } from "../call.ts";
import { readAccessKey, recordUse } from "./access-keys.ts";
import { recordFailedLogin } from "../audit/audit.ts";
import { admit, countAttempt, countFailure, countOwnAttempt, type Login } from "./login-limits.ts";
import { checkOwnPassword as checkHash, checkPassword } from "./password-hashing.ts";

export type { Login };

export interface Identity {
  user: User;
  reach: Reach;
  /** Changes when the password of the user does: what temporary logins are bound to. */
  credentialVersion: string;
  /** What sessions and tokens are bound to; undefined for an access key, which outlives the password (guide 4.2). */
  passwordChanges: number | undefined;
  /** The access key that somebody came with, if it was one. */
  accessKey?: string;
  /** Id of the login that lasts which somebody came with, if it was one. */
  session?: string;
  /** What decides about access to the repositories that were asked for when the credentials were read, as of then. */
  facts: FactsByName;
  /** When the access key ends that somebody came with, if it does. */
  endsAt?: Date;
  /** The job that came with a token of its own; the user is then what a trust rule acts as. */
  job?: JobIdentity;
}

/**
 * Checks a name and password, a user's own or those of a login command.
 *
 * A job's token may be the password as well (ADR 0032).
 *
 * @param scopes what is asked for with the credentials. The identity has the facts of their repositories, which come with the
 * user, in the same query.
 * @throws RegistryError UNAUTHORIZED, with the same words and after the same work whatever is wrong; docker prints them
 * (guide 7.3.1). TOO_MANY_REQUESTS after too many attempts.
 */
export async function authenticate(call: Incoming, login: Login, scopes: readonly Scope[] = []): Promise<Identity> {
  const job = parseJobName(login.name);
  if (job && looksLikeToken(login.password)) {
    const { authenticateJob } = await import("../trust/job-logins.ts");
    return authenticateJob(call, { ...login, ...job }, scopes);
  }
  const asked = repositoriesOf(scopes);
  const name = parseLoginName(login.name);
  const identity = name
    ? await checkLoginCommand(call, name, login, asked)
    : await checkUser(call.stores, login, asked);
  return identity ?? refuse();
}

/**
 * The same for APIs that do not accept a login command: there its credentials count as wrong.
 *
 * @param account the account that the request names, if any; a wrong one is refused like a wrong password.
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
  await noteFailure(stores, login);
  return refuse();
}

function refuse(): never {
  throw new RegistryError("UNAUTHORIZED", "authentication required: the user name or the password is wrong");
}

/** Checks a user's own name and password; undefined when they are wrong. */
async function checkUser(
  stores: Stores,
  login: Login,
  asked: readonly RepositoryName[] = [],
): Promise<Identity | undefined> {
  const identity = await identityByPassword(stores, login, asked);
  if (!identity) await noteFailure(stores, login);
  return identity;
}

/**
 * Whether this is the password of a signed-in user. Other people's guesses do not delay the check.
 *
 * @throws RegistryError TOO_MANY_REQUESTS after too many attempts by this user; UNAUTHORIZED when the user is gone.
 */
export async function isOwnPassword(call: Call<Manager>, password: string): Promise<boolean> {
  const { user, address } = call.caller;
  const record = await findUserById(call.stores.db, user.id);
  if (!record) throw endedLogin();
  if (record.kind !== "person") return false;
  if (password.length <= MAX_KNOWN_PASSWORD_LENGTH) {
    const key = memoryKey(user.name, password);
    if (verified.get(key) === record.passwordHash) return true;
    await countOwnAttempt(call.stores, user.id);
    if (await checkHash(user, password, record.passwordHash)) {
      remember(key, record);
      return true;
    }
  }
  await noteFailedLogin(call.stores, user.name, address);
  return false;
}

/** A key cannot be guessed, and many machines may use it at once from one address (guide 7.2.3): only failures count. */
async function checkLoginCommand(
  call: Incoming,
  name: LoginName,
  login: Login,
  asked: readonly RepositoryName[],
): Promise<Identity | undefined> {
  const { stores } = call;
  const temporary = parseTemporaryKey(name.key);
  const identity = temporary
    ? await identityByTemporaryKey(stores, { name, ...temporary }, login.password, asked)
    : await identityByAccessKey(call, name, login.password, asked);
  if (identity) return identity;
  await countAttempt(stores, login);
  await noteFailure(stores, login);
  return undefined;
}

async function noteFailure(stores: Stores, login: Login): Promise<void> {
  await countFailure(stores, login);
  await noteFailedLogin(stores, login.name, login.address);
}

/** Records that a login failed, unless that happens so often from one address that it would flood the audit. */
export async function noteFailedLogin(stores: Stores, name: string, address: string | undefined): Promise<void> {
  const { success } = await stores.loginLimiter.limit({ key: networkOf(address) });
  if (success) await recordFailedLogin(stores, shorten(name), address);
}

async function identityByPassword(
  stores: Stores,
  login: Login,
  asked: readonly RepositoryName[],
): Promise<Identity | undefined> {
  const { name, password } = login;
  const key = memoryKey(name, password);
  const known = verified.get(key);
  if (known !== undefined) {
    const { user: record, facts } = await findUserWithFacts(stores.db, { name }, asked);
    if (record?.passwordHash === known) return identityOf(record, "account", facts);
    verified.delete(key);
  }
  if (name.length > MAX_ACCOUNT_NAME_LENGTH || password.length > MAX_KNOWN_PASSWORD_LENGTH) {
    // Nobody has such a name or such a password, as everybody may know.
    await countAttempt(stores, login);
    return undefined;
  }
  const turn = await admit(stores, login, key);
  // Together with the facts, although the password may be wrong: one that is right then needs no second query.
  const { user: record, facts } = await findUserWithFacts(stores.db, { name }, asked);
  // Only a person has a password.
  const isRight = await checkPassword(turn, password, record?.passwordHash || undefined);
  if (!isRight || !record) return undefined;
  remember(key, record);
  return identityOf(record, "account", facts);
}

/** The project is part of what a temporary login's password is made from; a permanent one's is not (guide 4.2). */
async function identityByTemporaryKey(
  stores: Stores,
  { name, userId, expiresAt }: TemporaryKey & { name: LoginName },
  password: string,
  asked: readonly RepositoryName[],
): Promise<Identity | undefined> {
  const { user: record, facts } = await findUserWithFacts(stores.db, { id: userId }, asked);
  const identity = record?.kind === "person" ? identityOf(record, "registry", facts) : undefined;
  const version = identity?.credentialVersion ?? "";
  const isRight = stores.secrets.token.some((secret) => isSameText(password, temporaryPassword(secret, name, version)));
  return isRight && Date.now() < expiresAt.getTime() ? identity : undefined;
}

async function identityByAccessKey(
  call: Incoming,
  name: LoginName,
  password: string,
  asked: readonly RepositoryName[],
): Promise<Identity | undefined> {
  const { key, secret } = await readAccessKey(call.stores, name.key, asked);
  const isRight = isSameText(password, permanentPassword(name.key, secret));
  if (!key || !isRight) return undefined;
  recordUse(call, key);
  const identity = {
    ...identityOf(key.user, "registry", key.facts),
    passwordChanges: undefined,
    accessKey: key.access,
  };
  return key.endsAt ? { ...identity, endsAt: key.endsAt } : identity;
}

/**
 * A user as of now, whom credentials name as of some minutes ago.
 *
 * @throws RegistryError UNAUTHORIZED when they have ended, or the user has been deleted.
 */
export async function findCurrentIdentity(
  stores: Stores,
  named: { user: User; passwordChanges?: number | undefined },
): Promise<Identity> {
  return identityOf(requireCurrentUser(await findUserById(stores.db, named.user.id), named), "account");
}

/** Removes the password hash from the record, because the result goes into tokens and answers. */
export function identityOf(record: UserRecord, reach: Reach, facts: FactsByName = new Map()): Identity {
  const { id, name, accountId, accountName, role, kind, passwordHash, passwordChanges } = record;
  const user: User = { id, name, accountId, accountName, role, ...(kind !== "person" && { kind }) };
  const credentialVersion = createHash("sha256").update(passwordHash).digest("base64url").slice(0, 16);
  return { user, reach, credentialVersion, passwordChanges, facts };
}

/**
 * A client that sends Basic with every request would cost a scrypt each time. So an isolate remembers which name and
 * password matched which stored hash: a changed password has another hash and is checked anew.
 */
const verified = new BoundedMemory<string>(1024 * 1024);

function memoryKey(name: string, password: string): string {
  return createHash("sha256").update(`${name}\0${password}`).digest("base64url");
}

function remember(key: string, { passwordHash }: UserRecord): void {
  verified.set(key, passwordHash, 2 * passwordHash.length);
}
