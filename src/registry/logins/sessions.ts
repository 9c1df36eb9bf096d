/**
 * Logins that last: a browser's by cookie, an IAM client's by `X-Auth-Token`, and a container tool's by refresh token. Each
 * is a row, found by the hash of its token, so that it can be listed and ended (ADR 12).
 */
import { createHash, randomBytes } from "node:crypto";
import type { Actor, Manager, User } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { type SessionKind, sessionIdOf } from "../../model/logins/sessions.ts";
import {
  deleteSession,
  findSession as findRecord,
  hasSession,
  insertSession,
  recordSessionUse,
  type SessionRecord,
} from "../../storage/logins/sessions.ts";
import type { Stores } from "../../storage/stores.ts";
import { updateUser } from "../../storage/accounts/users.ts";
import { actorOf, type Call, type Incoming } from "../call.ts";
import { authenticateUser, type Identity, identityOf, isOwnPassword, type Login } from "./credentials.ts";
import { hashNewPassword } from "./password-hashing.ts";
import { unknownUser } from "../accounts/users.ts";

const TOKEN_BYTES = 32;
/** How exactly it is known when a login was last used: a request must not cost a write. */
const USE_RECORDED_MS = 5 * 60_000;
/**
 * How many logins of one kind a user may have: a script that logs in and never out must not fill the table. The one that was
 * used least recently ends.
 */
export const MAX_SESSIONS = 100;

/** Who logs in, or uses a login. */
export interface Client {
  /** The IP address, where the platform tells. */
  address: string | undefined;
  /** What it calls itself. */
  client: string | undefined;
}

export interface Session {
  /** What it is called where it is listed. */
  id: string;
  identity: Identity;
  expiresAt: Date;
}

/** What a login is for, and for how long it lasts. */
export interface SessionTerms {
  kind: SessionKind;
  lifetimeMs: number;
}

export interface NewSession {
  user: User;
  expiresAt: Date;
  /** The secret that stands for the session; only its hash is kept. */
  token: string;
  createdAt: Date;
}

/**
 * Logs a user in.
 *
 * @param login with a user's own name and password.
 * @param account as for {@link authenticateUser}.
 */
export async function logIn(
  stores: Stores,
  login: Login & Client,
  terms: SessionTerms,
  account?: { id?: string | undefined; name?: string | undefined },
): Promise<NewSession> {
  const identity = await authenticateUser(stores, login, account);
  return openSession(stores, identity, login, terms);
}

/** Creates a lasting login for a user whose credentials were checked. */
export async function openSession(
  stores: Stores,
  { user, passwordChanges }: Pick<Identity, "user" | "passwordChanges">,
  { address, client }: Client,
  { kind, lifetimeMs }: SessionTerms,
): Promise<NewSession> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + lifetimeMs);
  const created = { tokenHash: hashToken(token), kind, passwordChanges, client, createdAt, expiresAt };
  await insertSession(stores.db, { user, address }, created, MAX_SESSIONS);
  return { token, user, createdAt, expiresAt };
}

/**
 * The session that a token stands for, in one query; a use is recorded every few minutes, after the answer.
 *
 * @param used.idleMs puts its end off to so long after a recorded use.
 * @param used.asked repositories whose facts the session's identity is to have.
 * @returns undefined when it has ended, never was, or is of another kind.
 */
export async function findSession(
  call: Incoming,
  { kind, token }: { kind: SessionKind; token: string },
  { address }: Pick<Client, "address">,
  { idleMs, asked = [] }: { idleMs?: number; asked?: readonly RepositoryName[] } = {},
): Promise<Session | undefined> {
  const tokenHash = hashToken(token);
  const now = new Date();
  const record = await findRecord(call.stores.db, { kind, tokenHash }, now, asked);
  if (!record) return undefined;
  const identity = identityOf(record.user, "account", record.facts);
  // A session from before the column is ended by the deletion of its row alone.
  if (record.passwordChanges !== null && record.passwordChanges !== record.user.passwordChanges) return undefined;
  const expiresAt = recordUse(call, tokenHash, record, { now, address, idleMs });
  const id = sessionIdOf(tokenHash);
  return { id, identity: { ...identity, session: id }, expiresAt };
}

/**
 * Makes sure that a login which a token was made with has not been ended since.
 *
 * @param id the login's.
 */
export async function requireSession(stores: Stores, user: User, id: string): Promise<void> {
  if (await hasSession(stores.db, user.id, id, new Date())) return;
  throw new RegistryError("UNAUTHORIZED", "the login has ended: log in again");
}

/** @returns when the session ends. */
function recordUse(
  { stores: { db }, after }: Incoming,
  tokenHash: string,
  { lastUsedAt, expiresAt }: SessionRecord,
  { now, address, idleMs }: { now: Date; address: string | undefined; idleMs: number | undefined },
): Date {
  const due = new Date(now.getTime() - USE_RECORDED_MS);
  if (lastUsedAt !== null && lastUsedAt >= due) return expiresAt;
  const end = idleMs === undefined ? expiresAt : new Date(now.getTime() + idleMs);
  after(() => recordSessionUse(db, tokenHash, { lastUsedAt: now, lastAddress: address, expiresAt: end }, due));
  return end;
}

/** Ends a session of a user's own, whatever other credentials come with it: its token is all that it takes. */
export async function logOut({ db }: Stores, actor: Actor, token: string): Promise<void> {
  await deleteSession(db, actor, hashToken(token));
}

/**
 * Changes the caller's password, and so ends all logins that were made with the old one: sessions, refresh tokens and
 * temporary login commands.
 *
 * @param passwords.session token of the session that goes on.
 */
export async function changePassword(
  call: Call<Manager>,
  passwords: { current: string; replacement: string; session: string | undefined },
): Promise<void> {
  const user = call.caller.user;
  const { current, replacement, session } = passwords;
  if (!(await isOwnPassword(call, current))) {
    throw earlyRefusal("DENIED", reason("PASSWORD_WRONG"), { field: "current" });
  }
  const keptSession = session === undefined ? undefined : hashToken(session);
  const passwordHash = await hashNewPassword(user, replacement);
  const isChanged = await updateUser(call.stores.db, actorOf(call), user, { passwordHash, keptSession });
  if (!isChanged) throw unknownUser(user.name);
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
