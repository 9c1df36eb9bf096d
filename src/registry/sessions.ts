/** Logins that last: a browser's, by cookie, and an IAM client's, by `X-Auth-Token`. */
import { createHash, randomBytes } from "node:crypto";
import type { Caller, User } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { deleteSession, findSessionQuery, insertSession } from "../storage/sessions.ts";
import type { Stores } from "../storage/stores.ts";
import { updateUser } from "../storage/users.ts";
import { actorOf, requireAccountUser } from "./access.ts";
import { authenticateUser, type Identity, identityOf, isOwnPassword, type Login } from "./credentials.ts";
import { hashNewPassword } from "./password-hashing.ts";
import { unknownUser } from "./users.ts";

const TOKEN_BYTES = 32;

export interface Session {
  user: User;
  expiresAt: Date;
}

export interface NewSession extends Session {
  /** The secret that stands for the session; only its hash is kept. */
  token: string;
  createdAt: Date;
}

/**
 * Logs a user in.
 *
 * @param login with a user's own name and password.
 * @param account as for {@link authenticateUser}.
 * @throws RegistryError UNAUTHORIZED, TOO_MANY_REQUESTS.
 */
export async function logIn(
  stores: Stores,
  login: Login,
  lifetimeMs: number,
  account?: { id?: string | undefined; name?: string | undefined },
): Promise<NewSession> {
  const { user } = await authenticateUser(stores, login, account);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + lifetimeMs);
  await insertSession(
    stores.db,
    { user, address: login.address },
    { tokenHash: hashToken(token), createdAt, expiresAt },
  );
  return { token, user, createdAt, expiresAt };
}

/** The session that a token stands for; undefined when it has ended or never was. */
export async function findSession(stores: Stores, token: string): Promise<Session | undefined> {
  const [row] = await findSessionQuery(stores.db, hashToken(token), new Date());
  return row && { user: identityOf(row.user, "account").user, expiresAt: row.expiresAt };
}

/**
 * Who asks for tokens with a session. They push and pull only, as those of a login command do: what is left of a session
 * that somebody ends is that, and for a token's few minutes.
 */
export async function findSessionIdentity(stores: Stores, token: string): Promise<Identity | undefined> {
  const [row] = await findSessionQuery(stores.db, hashToken(token), new Date());
  return row && identityOf(row.user, "registry");
}

/** Ends a session of the caller's. */
export async function logOut(stores: Stores, caller: Caller, token: string): Promise<void> {
  await deleteSession(stores.db, actorOf(caller), hashToken(token));
}

/**
 * Changes the caller's password, and so ends all logins that were made with the old one: sessions, refresh tokens and
 * temporary login commands.
 *
 * @param passwords.session token of the session that goes on.
 * @throws RegistryError DENIED when the current password is wrong, TOO_MANY_REQUESTS.
 */
export async function changePassword(
  stores: Stores,
  caller: Caller,
  passwords: { current: string; replacement: string; session: string | undefined },
): Promise<void> {
  const user = requireAccountUser(caller);
  const { current, replacement, session } = passwords;
  if (!(await isOwnPassword(stores, caller, user, current)))
    throw new RegistryError("DENIED", "the current password is wrong");
  const keptSession = session === undefined ? undefined : hashToken(session);
  const passwordHash = await hashNewPassword(user, replacement);
  const isChanged = await updateUser(stores.db, actorOf(caller), user, { passwordHash, keptSession });
  if (!isChanged) throw unknownUser(user.name);
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
