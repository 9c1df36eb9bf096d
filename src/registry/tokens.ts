/** Signed tokens: short ones that say what may be done, and refresh tokens that `docker login` keeps instead of a password. */
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { type Caller, ROLES, type Scope } from "../model/access.ts";
import { BoundedMemory } from "../model/bounded-memory.ts";
import { RegistryError } from "../model/errors.ts";
import type { Stores } from "../storage/stores.ts";
import { decideGrant, limitTo } from "./access.ts";
import { findIdentity, type Identity } from "./credentials.ts";

/** Permission changes take effect with the next token, so a token lives for minutes only. Clients renew it by themselves. */
export const TOKEN_LIFETIME_S = 300;
const ISSUER = "berth";
const ALGORITHM = "HS256";
/** Keeps the two kinds apart: neither is accepted as the other. */
const ACCESS = "access";
const REFRESH = "refresh";

const AccessClaims = z.object({
  user: z
    .object({ id: z.int(), name: z.string(), accountId: z.int(), accountName: z.string(), role: z.enum(ROLES) })
    .optional(),
  reach: z.enum(["account", "registry"]),
  /** Absent where the token does not end with the password. */
  passwordChanges: z.int().exactOptional(),
  access: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      actions: z.array(z.string()),
      refused: z.array(z.string()).default([]),
      isProspective: z.boolean().exactOptional(),
    }),
  ),
});
const RefreshClaims = z.object({ userId: z.int(), credentialVersion: z.string() });

export interface AccessToken {
  token: string;
  issuedAt: Date;
  /** What was granted of the scopes. */
  scopes: Scope[];
}

/** Makes a token for what somebody (undefined: anybody) gets of the scopes; what is refused is left out, not an error. */
export async function issueAccessToken(
  stores: Stores,
  identity: Identity | undefined,
  scopes: Scope[],
): Promise<AccessToken> {
  const grants = await Promise.all(scopes.map((scope) => decideGrant(stores, identity?.user, scope)));
  const issuedAt = new Date();
  const { user, reach = "registry", passwordChanges } = identity ?? {};
  const claims = { user, reach, passwordChanges, access: grants };
  const token = await sign(stores.secrets.token, ACCESS, claims, issuedAt, TOKEN_LIFETIME_S);
  return { token, issuedAt, scopes: grants };
}

/** Makes a token that stands for the credentials until they change. */
export async function issueRefreshToken(stores: Stores, { user, credentialVersion }: Identity): Promise<string> {
  return sign(stores.secrets.token, REFRESH, { userId: user.id, credentialVersion }, new Date());
}

/** What a token knows of its caller. */
type TokenCaller = Omit<Caller, "address">;

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
  const secret = stores.secrets.token;
  const remembered = known.get(token);
  if (remembered && remembered.secret === secret && Date.now() < remembered.expiresAt) return remembered.caller;
  const payload = await verify(secret, ACCESS, token);
  const { user, reach, passwordChanges, access } = AccessClaims.parse(payload);
  // Only a version of Berth before this claim made such tokens, whose password may have been changed.
  if (reach === "account" && passwordChanges === undefined) {
    throw new RegistryError("UNAUTHORIZED", "the token is not valid");
  }
  const caller: TokenCaller = {
    user,
    // A token for certain scopes is good for nothing else; one for none stands for its user.
    reach: access.length > 0 ? "registry" : reach,
    passwordChanges,
    grants: limitTo(access),
  };
  const entry = { secret, caller, expiresAt: (payload.exp ?? 0) * 1000 };
  known.set(token, entry, PARSED_BYTES_PER_CHARACTER * token.length);
  return caller;
}

/** @throws RegistryError UNAUTHORIZED when the token is not one, or its credentials have changed since. */
export async function readRefreshToken(stores: Stores, token: string): Promise<Identity> {
  const { userId, credentialVersion } = RefreshClaims.parse(await verify(stores.secrets.token, REFRESH, token));
  const identity = await findIdentity(stores, userId, credentialVersion);
  if (!identity) throw new RegistryError("UNAUTHORIZED", "the login has ended: log in again");
  return identity;
}

async function sign(secret: string, audience: string, claims: JWTPayload, issuedAt: Date, lifetimeS?: number) {
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setJti(crypto.randomUUID());
  if (lifetimeS !== undefined) jwt.setExpirationTime(new Date(issuedAt.getTime() + lifetimeS * 1000));
  return jwt.sign(await keyOf(secret));
}

async function verify(secret: string, audience: string, token: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, await keyOf(secret), {
      issuer: ISSUER,
      audience,
      algorithms: [ALGORITHM],
    });
    return payload;
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    const why = cause instanceof errors.JWTExpired ? "has expired" : "is not valid";
    throw new RegistryError("UNAUTHORIZED", `the token ${why}`, { cause });
  }
}

let imported: { secret: string; key: Promise<CryptoKey> } | undefined;

/** Importing the key costs more than a signature, and there is one secret for all requests. */
function keyOf(secret: string): Promise<CryptoKey> {
  if (imported?.secret !== secret) {
    const bytes = new TextEncoder().encode(secret);
    const usage = ["sign", "verify"];
    imported = { secret, key: crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usage) };
  }
  return imported.key;
}
