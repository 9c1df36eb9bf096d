/** Who sends a request: the one place where credentials are looked for. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { auth } from "hono/utils/basic-auth";
import type { Action, Credentials, Scope, TokenGrants, User } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { withOrganization } from "../../kernel/reference.ts";
import { parseJobName } from "../../model/trust/job-logins.ts";
import { describeClient } from "../../model/logins/sessions.ts";
import { isSignature } from "../../model/logins/request-signatures.ts";
import { authenticate, findCurrentIdentity, type Login } from "../../registry/logins/credentials.ts";
import { type Client, findSession, requireSession } from "../../registry/logins/sessions.ts";
import { verifySignature } from "../../registry/logins/request-signatures.ts";
import { readAccessToken } from "../../registry/logins/tokens.ts";
import { incoming } from "../call.ts";
import type { AppEnv } from "../context.ts";
import { readBody } from "../body.ts";
import { readSessionCookie, requireSameOrigin } from "./cookie.ts";
import { requestPath, signedUrl } from "../public-address.ts";
import { refuseForeignPage } from "./foreign-pages.ts";

/** What credentials tell. */
interface Found extends Omit<Credentials, "address"> {
  grants?: TokenGrants;
  session?: string;
}

const NOBODY: Found = { user: undefined, reach: "registry" };

/** For the registry API: a bearer token or Basic credentials; without either the caller is anonymous. */
export const identify = createMiddleware<AppEnv>(async function identify(c, next) {
  const header = c.req.header("Authorization");
  const found = header === undefined ? NOBODY : await readAuthorization(c, header, scopesOf(c));
  const { user, grants, passwordChanges, accessKey, subject } = found;
  const address = addressOf(c);
  c.set("registryCaller", { api: "registry", user, grants, passwordChanges, accessKey, subject, address });
  await next();
});

/**
 * For the management APIs, before the body is read, which only signatures need: also those, `X-Auth-Token` or a session
 * cookie. Users who may have been deleted or demoted since a token was made are looked up.
 */
export const identifyManager = createMiddleware<AppEnv>(async function identifyManager(c, next) {
  const { user, reach, passwordChanges } = await findManager(c);
  c.set("credentials", { user, reach, passwordChanges, address: addressOf(c) });
  await next();
});

/**
 * For replications, which log in by Basic. A token is refused: it may be for single images, and what these routes list is not
 * limited to them.
 */
export const identifyCopier = createMiddleware<AppEnv>(async function identifyCopier(c, next) {
  const { user, reach } = await authenticate(incoming(c), readBasic(c));
  c.set("credentials", { user, reach, address: addressOf(c) });
  await next();
});

async function findManager(c: Context<AppEnv>): Promise<Found> {
  const call = incoming(c);
  const { stores } = call;
  const header = c.req.header("Authorization");
  if (header !== undefined) {
    if (isSignature(header)) return asAccountUser(await readSignature(c, header));
    const { session: id, ...found } = await readAuthorization(c, header);
    if (!found.user || !found.grants) return found;
    const [{ user }] = await Promise.all([
      findCurrentIdentity(stores, { ...found, user: found.user }),
      id === undefined ? undefined : requireSession(stores, found.user, id),
    ]);
    if (id !== undefined) c.set("session", { id });
    return { ...found, user };
  }
  const token = c.req.header("X-Auth-Token");
  if (token !== undefined) {
    const session = await findSession(call, { kind: "iam-token", token }, clientOf(c));
    if (!session) throw new RegistryError("UNAUTHORIZED", "X-Auth-Token has ended, or is none");
    c.set("session", session);
    return asAccountUser(session.identity.user);
  }
  const cookie = readSessionCookie(c);
  const session =
    cookie === undefined ? undefined : await findSession(call, { kind: "browser", token: cookie }, clientOf(c));
  // A browser keeps sending the cookie of a session that has ended, also in order to log in again.
  if (!session) return NOBODY;
  requireSameOrigin(c);
  c.set("session", session);
  return asAccountUser(session.identity.user);
}

function asAccountUser(user: User): Found {
  return { user, reach: "account" };
}

async function readSignature(c: Context<AppEnv>, header: string): Promise<User> {
  const { method, headers } = c.req.raw;
  const body = await readBody(c);
  return verifySignature(incoming(c), header, { method, url: signedUrl(c), headers, body }, addressOf(c));
}

/** @param scopes what the request is about, for a job, which may be let in by one rule or another. */
async function readAuthorization(
  c: Context<AppEnv>,
  header: string,
  scopes: () => readonly Scope[] = () => [],
): Promise<Found> {
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(header)?.[1];
  if (bearer) return readAccessToken(c.get("stores"), bearer);
  const login = readBasic(c);
  const asked = parseJobName(login.name) ? scopes() : [];
  const { user, reach, job } = await authenticate(incoming(c), login, asked);
  return job ? { user, reach, subject: job.subject } : { user, reach };
}

/** What a request to the registry API would ask a token for. */
function scopesOf(c: Context<AppEnv>): () => Scope[] {
  return () => {
    const [, name, rest] = /^\/v2\/(.+)\/((?:manifests|blobs|tags|referrers)\/.*)$/.exec(requestPath(c).pathname) ?? [];
    if (name === undefined || rest === undefined) return [];
    const { defaultOrganization } = c.var.stores.settings;
    const action = rest.startsWith("blobs/uploads/") ? "push" : (ACTION_OF[c.req.method] ?? "push");
    return [{ type: "repository", name: withOrganization(name, defaultOrganization), actions: [action] }];
  };
}

const ACTION_OF: Readonly<Record<string, Action>> = { GET: "pull", HEAD: "pull", DELETE: "delete" };

/** @throws RegistryError UNAUTHORIZED when there are no Basic credentials, DENIED as {@link refuseForeignPage}. */
export function readBasic(c: Context<AppEnv>): Login {
  refuseForeignPage(c);
  const basic = auth(c.req.raw);
  if (!basic) throw new RegistryError("UNAUTHORIZED", "the Authorization header is neither Bearer nor Basic");
  return { name: basic.username, password: basic.password, address: addressOf(c) };
}

/** The client's IP address, where the platform tells: not in a local installation. */
export function addressOf(c: Context): string | undefined {
  return c.req.header("CF-Connecting-IP");
}

/**
 * Who logs in, or uses a login.
 *
 * @param name what the client calls itself in the request, if not by `User-Agent` only.
 */
export function clientOf(c: Context, name?: string): Client {
  return { address: addressOf(c), client: describeClient(name) ?? describeClient(c.req.header("User-Agent")) };
}
