/** The token service: Docker token specification (GET with Basic, or a browser's session) and OAuth2 (POST). */
import { type Context, Hono } from "hono";
import { formatScopes, parseScope, type Scope } from "../../model/access.ts";
import { RegistryError } from "../../model/errors.ts";
import { authenticate, type Identity } from "../../registry/credentials.ts";
import { findSessionIdentity } from "../../registry/sessions.ts";
import { issueAccessToken, issueRefreshToken, readRefreshToken, TOKEN_LIFETIME_S } from "../../registry/tokens.ts";
import type { AppEnv } from "../context.ts";
import { readWholeBody, refuseLargeBody } from "../body.ts";
import { limitBodies } from "../limit-bodies.ts";
import { renderOciError } from "../oci/errors.ts";
import { readSessionCookie, requireOwnPage } from "./cookie.ts";
import { addressOf, readBasic } from "./identify.ts";

/** A client asks for a few scopes; a token with hundreds would not fit in a header. */
const MAX_SCOPES = 50;

export const token = new Hono<AppEnv>()
  .use(limitBodies)
  .use(refuseLargeBody)
  .use(readWholeBody)
  .get("/", async (c) => {
    const identity = await identityOf(c);
    const scopes = readScopes(c.req.queries("scope") ?? []);
    return answer(c, identity, scopes, c.req.query("offline_token") === "true");
  })
  .post("/", async (c) => {
    const form = await c.req.parseBody();
    const field = (name: string) => {
      const value = form[name];
      return typeof value === "string" ? value : "";
    };
    const scopes = readScopes([field("scope")]);
    switch (field("grant_type")) {
      case "password": {
        const login = { name: field("username"), password: field("password"), address: addressOf(c) };
        const identity = await authenticate(c.var.stores, login);
        return answer(c, identity, scopes, field("access_type") === "offline");
      }
      case "refresh_token": {
        const refreshToken = field("refresh_token");
        const identity = await readRefreshToken(c.var.stores, refreshToken);
        return answer(c, identity, scopes, refreshToken);
      }
      default:
        throw new RegistryError("UNSUPPORTED", "grant_type must be password or refresh_token");
    }
  })
  .all("/", (c) => {
    throw new RegistryError("UNSUPPORTED", `the token service knows no ${c.req.method}`);
  })
  .onError(renderOciError);

/** Credentials that were meant for this request come before a cookie, which a browser sends by itself. */
async function identityOf(c: Context<AppEnv>): Promise<Identity | undefined> {
  if (c.req.header("Authorization") !== undefined) return authenticate(c.var.stores, readBasic(c));
  const cookie = readSessionCookie(c);
  return cookie === undefined ? undefined : identityFromSession(c, cookie);
}

/**
 * A token for nobody would only be refused later, with words that do not tell a page that its session is over.
 *
 * @throws RegistryError DENIED when another site made the browser ask, UNAUTHORIZED when the session has ended.
 */
async function identityFromSession(c: Context<AppEnv>, cookie: string): Promise<Identity> {
  requireOwnPage(c);
  const identity = await findSessionIdentity(c.var.stores, cookie);
  if (identity) return identity;
  throw new RegistryError("UNAUTHORIZED", "the session has ended: log in again");
}

/** Docker repeats the parameter, OAuth2 separates scopes by spaces; both are understood in both. */
function readScopes(parameters: string[]): Scope[] {
  const texts = parameters.flatMap((parameter) => parameter.split(" ")).filter(Boolean);
  if (texts.length > MAX_SCOPES) throw new RegistryError("UNSUPPORTED", `a token has at most ${MAX_SCOPES} scopes`);
  return texts.flatMap((text) => parseScope(text) ?? []);
}

/**
 * @param refresh whether the client wants a refresh token as well, or the one that it came with: that stays valid, and
 * OAuth2 clients expect it back.
 */
async function answer(c: Context<AppEnv>, identity: Identity | undefined, scopes: Scope[], refresh: boolean | string) {
  const { token: text, issuedAt, grants } = await issueAccessToken(c.var.stores, identity, scopes);
  let refreshToken = typeof refresh === "string" ? refresh : undefined;
  // A login command's credentials are for clients to keep, and a session ends: nothing is to outlive either.
  if (refresh === true && identity?.reach === "account") refreshToken = await issueRefreshToken(c.var.stores, identity);
  c.header("Cache-Control", "no-store");
  return c.json({
    token: text,
    access_token: text,
    token_type: "Bearer",
    expires_in: TOKEN_LIFETIME_S,
    issued_at: issuedAt.toISOString(),
    scope: formatScopes(grants),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  });
}
