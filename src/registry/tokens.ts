/** Signed tokens: short ones that say what may be done, and refresh tokens that `docker login` keeps instead of a password. */
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Caller, Grant, Scope, User } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import type { Stores } from "../storage/stores.ts";
import { decideGrant } from "./access.ts";
import { findIdentity, type Identity } from "./credentials.ts";

/** Permission changes take effect with the next token, so a token lives for minutes only. Clients renew it by themselves. */
export const TOKEN_LIFETIME_S = 300;
const ISSUER = "berth";
const ALGORITHM = "HS256";
/** Keeps the two kinds apart: neither is accepted as the other. */
const ACCESS = "access";
const REFRESH = "refresh";

const AccessClaims = z.object({
  user: z.object({ id: z.int(), name: z.string(), isOperator: z.boolean() }).optional(),
  access: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      actions: z.array(z.string()),
      refused: z.array(z.string()).default([]),
    }),
  ),
});
const RefreshClaims = z.object({ userId: z.int(), credentialVersion: z.string() });

export interface AccessToken {
  token: string;
  issuedAt: Date;
  grants: Grant[];
}

/** Makes a token for what a user (undefined: anybody) gets of the scopes; what is refused is left out, not an error. */
export async function issueAccessToken(secret: string, user: User | undefined, scopes: Scope[]): Promise<AccessToken> {
  const grants = scopes.map((scope) => decideGrant(user, scope));
  const issuedAt = new Date();
  const token = await sign(secret, ACCESS, { user, access: grants }, issuedAt, TOKEN_LIFETIME_S);
  return { token, issuedAt, grants };
}

/** Makes a token that stands for the credentials until they change. */
export async function issueRefreshToken(secret: string, { user, credentialVersion }: Identity): Promise<string> {
  return sign(secret, REFRESH, { userId: user.id, credentialVersion }, new Date());
}

/** Access tokens that this isolate has verified: a client sends the same one with every request of a pull. */
const known = new Map<string, { secret: string; caller: Caller; expiresAt: number }>();
const MAX_KNOWN = 1000;

/**
 * Who sends a request with this access token. Looks nothing up.
 *
 * @throws RegistryError UNAUTHORIZED when it is expired, altered or not an access token.
 */
export async function readAccessToken(secret: string, token: string): Promise<Caller> {
  const remembered = known.get(token);
  if (remembered && remembered.secret === secret && Date.now() < remembered.expiresAt) return remembered.caller;
  const payload = await verify(secret, ACCESS, token);
  const { user, access } = AccessClaims.parse(payload);
  const caller: Caller = { user, grants: access };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(token, { secret, caller, expiresAt: (payload.exp ?? 0) * 1000 });
  return caller;
}

/** @throws RegistryError UNAUTHORIZED when the token is not one, or its credentials have changed since. */
export async function readRefreshToken(stores: Stores, secret: string, token: string): Promise<Identity> {
  const { userId, credentialVersion } = RefreshClaims.parse(await verify(secret, REFRESH, token));
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
