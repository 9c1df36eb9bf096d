/**
 * Tokens: short-lived, signed access tokens that say what they allow, and the refresh tokens that `docker login` stores
 * instead of a password.
 */
import { decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Credentials, Scope, TokenGrants } from "../../model/rights/access.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { KeyRing } from "../../model/secrets.ts";
import { looksLikeToken, type ProvenJob, readProvenJob } from "../../model/trust/job-logins.ts";
import type { Stores } from "../../storage/stores.ts";
import { findPushFacts } from "../../storage/rights/access.ts";
import type { Incoming } from "../call.ts";
import { grantOf, limitTo, repositoriesOf } from "../rights/access.ts";
import { readAccessClaims } from "./access-claims.ts";
import type { Identity } from "./credentials.ts";
import { type Client, findSession, openSession } from "./sessions.ts";

/** Permission changes take effect with the next token, so a token lives for minutes only. Clients renew it by themselves. */
export const TOKEN_LIFETIME_S = 300;
const ISSUER = "berth";
const ALGORITHM = "HS256";
/** What tokens are for, as their audience: none is taken for another. */
const ACCESS = "access";
const JOB_LOGIN = "job-login";
/** For how long a refresh token that nobody uses is good. */
export const REFRESH_IDLE_MS = 30 * 24 * 3600 * 1000;

export interface AccessToken {
  token: string;
  issuedAt: Date;
  /** Seconds. */
  lifetime: number;
  /** What was granted of the scopes. */
  scopes: Scope[];
}

/**
 * Makes a token with the requested scopes that the user (undefined: an anonymous caller) is granted. Refused scopes are
 * left out; that is no error.
 *
 * @param identity read together with the facts of the repositories of the scopes ({@link repositoriesOf}).
 */
export async function issueAccessToken(
  stores: Stores,
  identity: Identity | undefined,
  scopes: Scope[],
): Promise<AccessToken> {
  const facts = identity?.facts ?? (await findPushFacts(stores.db, undefined, repositoriesOf(scopes)));
  const grants = scopes.map((scope) => grantOf(stores, identity?.user, scope, facts));
  const issuedAt = new Date();
  const { user, reach = "registry", passwordChanges, accessKey, session, endsAt, job } = identity ?? {};
  const subject = job?.subject;
  const claims = { user, reach, passwordChanges, accessKey, session, subject, access: grants };
  // A token does not outlive an access key that ends.
  const left = endsAt ? Math.ceil((endsAt.getTime() - issuedAt.getTime()) / 1000) : TOKEN_LIFETIME_S;
  const lifetime = Math.min(TOKEN_LIFETIME_S, left);
  const token = await sign(stores.secrets.token, claims, { audience: ACCESS, issuedAt, lifetime });
  return { token, issuedAt, lifetime, scopes: grants };
}

/**
 * Makes a token that stands for a job whose own token was checked: the job lasts longer than that (ADR 0032). It says what the
 * issuer has said, and no right: the rules are looked up whenever it is used.
 *
 * @param lifetime seconds.
 */
export async function issueJobLogin(stores: Stores, job: ProvenJob, lifetime: number): Promise<string> {
  const { issuer, audiences, claims, account, provenAt } = job;
  const said = { job: { issuer, audiences, claims, account, provenAt: provenAt.getTime() } };
  return sign(stores.secrets.token, said, { audience: JOB_LOGIN, issuedAt: new Date(), lifetime });
}

/**
 * What {@link issueJobLogin} was told.
 *
 * @throws RegistryError UNAUTHORIZED when the token is expired, altered or none of these.
 */
export async function readJobLogin(stores: Stores, token: string): Promise<ProvenJob> {
  const { payload } = await verify(stores.secrets.token, token, JOB_LOGIN);
  const job = readProvenJob(payload["job"]);
  if (job) return job;
  throw new RegistryError("UNAUTHORIZED", "the token is not valid");
}

/** Whether a text says that it is a token of {@link issueJobLogin}. */
export function isJobLogin(text: string): boolean {
  if (!looksLikeToken(text)) return false;
  try {
    const { iss, aud } = decodeJwt(text);
    return iss === ISSUER && aud === JOB_LOGIN;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/**
 * Makes a token that stands for the user until it has not been used for {@link REFRESH_IDLE_MS}, the password changes or
 * somebody ends it.
 */
export async function issueRefreshToken(stores: Stores, identity: Identity, client: Client) {
  const { token } = await openSession(stores, identity, client, {
    kind: "refresh-token",
    lifetimeMs: REFRESH_IDLE_MS,
  });
  return token;
}

/** What a token knows of its caller. */
interface TokenCaller extends Omit<Credentials, "address"> {
  grants: TokenGrants;
  /** Id of the login that the token was made with, if it was made with one. */
  session?: string;
}

/** Access tokens that this isolate has verified: a client sends the same one with every request of a pull. */
const known = new BoundedMemory<{ secret: string; caller: TokenCaller; expiresAt: number }>(4 * 1024 * 1024);
/** A token of many scopes is long, and its parsed grants take some times as much as its text. */
const PARSED_BYTES_PER_CHARACTER = 8;

/**
 * Who sends a request with this access token. Looks nothing up.
 *
 * @throws RegistryError UNAUTHORIZED when it is expired, altered or not an access token.
 */
export async function readAccessToken(stores: Stores, token: string): Promise<TokenCaller> {
  const keys = stores.secrets.token;
  const remembered = known.get(token);
  if (remembered && keys.includes(remembered.secret) && Date.now() < remembered.expiresAt) return remembered.caller;
  const { payload, secret } = await verify(keys, token, ACCESS);
  const claims = readAccessClaims(payload);
  // Only a version of Berth before this claim made such tokens, whose password may have been changed.
  if (!claims || (claims.reach === "account" && claims.passwordChanges === undefined)) {
    throw new RegistryError("UNAUTHORIZED", "the token is not valid");
  }
  const { user, reach, access, ...made } = claims;
  const caller: TokenCaller = {
    user,
    // A token with scopes allows only these; a token without scopes stands for its user.
    reach: access.length > 0 ? "registry" : reach,
    grants: limitTo(access),
    ...made,
  };
  const entry = { secret, caller, expiresAt: (payload.exp ?? 0) * 1000 };
  known.set(token, entry, PARSED_BYTES_PER_CHARACTER * token.length);
  return caller;
}

/**
 * Whom a refresh token stands for, in one query.
 *
 * @param client who uses it.
 * @param asked repositories whose facts the identity is to have.
 * @throws RegistryError UNAUTHORIZED when it is none, has ended, or its user's password has changed since.
 */
export async function readRefreshToken(
  call: Incoming,
  token: string,
  client: Client,
  asked: readonly RepositoryName[],
): Promise<Identity> {
  const terms = { idleMs: REFRESH_IDLE_MS, asked };
  const session = await findSession(call, { kind: "refresh-token", token }, client, terms);
  if (session) return session.identity;
  throw new RegistryError("UNAUTHORIZED", "the login has ended, or is none: log in again (docker login)");
}

async function sign(
  [secret]: KeyRing,
  claims: JWTPayload,
  { audience, issuedAt, lifetime }: { audience: string; issuedAt: Date; lifetime: number },
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setJti(crypto.randomUUID())
    .setExpirationTime(new Date(issuedAt.getTime() + lifetime * 1000))
    .sign(await keyOf(secret));
}

/** What a token says, and which of the secrets signed it. */
async function verify(
  keys: KeyRing,
  token: string,
  audience: string,
): Promise<{ payload: JWTPayload; secret: string }> {
  let cause: unknown;
  for (const secret of keys) {
    try {
      const checks = { issuer: ISSUER, audience, algorithms: [ALGORITHM] };
      const { payload } = await jwtVerify(token, await keyOf(secret), checks);
      return { payload, secret };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      cause = error;
      // Anything else is wrong under every secret.
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
    }
  }
  const why = cause instanceof errors.JWTExpired ? "has expired" : "is not valid";
  throw new RegistryError("UNAUTHORIZED", `the token ${why}`, { cause });
}

/** Importing a key costs more than a signature, and there are few secrets for all requests. */
const imported = new BoundedMemory<CryptoKey>(16 * 1024);
const IMPORTED_BYTES = 500;

async function keyOf(secret: string): Promise<CryptoKey> {
  const ready = imported.get(secret);
  if (ready) return ready;
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  imported.set(secret, key, IMPORTED_BYTES);
  return key;
}
