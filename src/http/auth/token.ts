/** The token service: Docker token specification (GET with Basic, or a browser's session) and OAuth2 (POST). */
import { type Context, Hono } from "hono";
import { formatScopes, joinScopes, parseScope, type Scope } from "../../model/rights/access.ts";
import { JOB_NAME, type JobIdentity, looksLikeToken, parseJobName } from "../../model/trust/job-logins.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { withOrganization } from "../../kernel/reference.ts";
import { recordTokenLogin } from "../../registry/audit/audit.ts";
import { authenticate, type Identity, type Login } from "../../registry/logins/credentials.ts";
import { type Client, findSession } from "../../registry/logins/sessions.ts";
import { isJobLogin, issueAccessToken, issueRefreshToken, readRefreshToken } from "../../registry/logins/tokens.ts";
import { repositoriesOf } from "../../registry/rights/access.ts";
import { incoming } from "../call.ts";
import { type AppEnv, mirrorOf } from "../context.ts";
import { readWholeBody, refuseLargeBody } from "../body.ts";
import { limitStrangers } from "../limit-bodies.ts";
import { renderOciError } from "../oci/errors.ts";
import { readSessionCookie, requireOwnPage } from "./cookie.ts";
import { noForeignPages } from "./foreign-pages.ts";
import { addressOf, clientOf, readBasic } from "./identify.ts";

/** OAuth 2.0 Token Exchange (RFC 8693): a job's token for one of the registry's. */
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token";
const SUBJECT_TYPES: ReadonlySet<string> = new Set([
  "urn:ietf:params:oauth:token-type:id_token",
  "urn:ietf:params:oauth:token-type:jwt",
]);

/** A client asks for a few scopes; a token with hundreds would not fit in a header. */
const MAX_SCOPES = 50;

/**
 * ollama signs its request for a token with an SSH key that only its own registry knows, and sends `<key>:<signature>`
 * without a scheme. Berth does not know the key, so it answers as to a request without credentials.
 */
const OLLAMA_KEY = /^AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

export const token = createTokenService((scopes) => scopes);

/**
 * The same where SWR has it. There a token to push also deletes what its user may delete: Harbor's adapter asks for `push,pull`
 * alone, also before it deletes.
 */
export const swrToken = createTokenService((scopes) => scopes.map(withDeletion));

function withDeletion(scope: Scope): Scope {
  const deletes = scope.type === "repository" && scope.actions.includes("push") && !scope.actions.includes("delete");
  return deletes ? { ...scope, actions: [...scope.actions, "delete"] } : scope;
}

/** @param widen makes of the scopes that are asked for those that the token is to have, as far as its user may. */
function createTokenService(widen: (scopes: Scope[]) => Scope[]) {
  const read = (c: Context<AppEnv>, texts: string[]) => widen(readScopes(c, texts));
  return new Hono<AppEnv>()
    .use(limitStrangers)
    .use(refuseLargeBody)
    .use(readWholeBody)
    .get("/", async (c) => {
      const client = clientOf(c, c.req.query("client_id"));
      const asked = scopeTexts(c.req.queries("scope") ?? []);
      // Those of a request that asks for too many are not looked up: it is refused, whatever its credentials are.
      const identity = await identityOf(c, client, asked.length > MAX_SCOPES ? [] : read(c, asked));
      const scopes = read(c, asked);
      return answer(c, identity, { scopes, client, refresh: c.req.query("offline_token") === "true" });
    })
    .post("/", noForeignPages, async (c) => {
      const form = await c.req.parseBody();
      const field = (name: string) => {
        const value = form[name];
        return typeof value === "string" ? value : "";
      };
      const scopes = read(c, scopeTexts([field("scope")]));
      const client = clientOf(c, field("client_id"));
      switch (field("grant_type")) {
        case "password": {
          const login = { name: field("username"), password: field("password"), address: addressOf(c) };
          const identity = await logIn(c, login, client, scopes);
          return answer(c, identity, { scopes, client, refresh: field("access_type") === "offline" });
        }
        case "refresh_token": {
          const refreshToken = field("refresh_token");
          const identity = isJobLogin(refreshToken)
            ? await authenticate(incoming(c), { name: JOB_NAME, password: refreshToken, address: addressOf(c) }, scopes)
            : await readRefreshToken(incoming(c), refreshToken, client, repositoriesOf(scopes));
          return answer(c, identity, { scopes, client, refresh: refreshToken });
        }
        case TOKEN_EXCHANGE: {
          const wanted = readExchange(field);
          const name = field("username") || JOB_NAME;
          const login = { name, password: field("subject_token"), address: addressOf(c) };
          const identity = await exchange(c, login, scopes);
          return wanted === ACCESS_TOKEN
            ? answer(c, identity, { scopes, client, refresh: false, issued: ACCESS_TOKEN })
            : answerLogin(c, identity);
        }
        default:
          throw new RegistryError("UNSUPPORTED", `grant_type must be password, refresh_token or ${TOKEN_EXCHANGE}`);
      }
    })
    .all("/", (c) => {
      throw new RegistryError("UNSUPPORTED", `the token service knows no ${c.req.method}`);
    })
    .onError(renderOciError);
}

/** Credentials that were meant for this request come before a cookie, which a browser sends by itself. */
async function identityOf(c: Context<AppEnv>, client: Client, scopes: Scope[]): Promise<Identity | undefined> {
  const header = c.req.header("Authorization");
  if (header !== undefined) return OLLAMA_KEY.test(header) ? undefined : logIn(c, readBasic(c), client, scopes);
  const cookie = readSessionCookie(c);
  return cookie === undefined ? undefined : identityFromSession(c, cookie, scopes);
}

async function logIn(c: Context<AppEnv>, login: Login, client: Client, scopes: Scope[]): Promise<Identity> {
  const identity = await authenticate(incoming(c), login, scopes);
  // What lets a job in is recorded with its claims.
  if (!identity.job) recordTokenLogin(incoming(c), identity, login.name, client);
  return identity;
}

/**
 * Reads what a token is to be exchanged for (RFC 8693, 2.1): an access token, or a login that lasts.
 *
 * @throws RegistryError UNSUPPORTED.
 */
function readExchange(field: (name: string) => string): typeof ACCESS_TOKEN | typeof REFRESH_TOKEN {
  const type = field("subject_token_type");
  if (type !== "" && !SUBJECT_TYPES.has(type)) {
    throw new RegistryError("UNSUPPORTED", `subject_token_type must be ${[...SUBJECT_TYPES].join(" or ")}`);
  }
  if (field("actor_token") !== "") throw new RegistryError("UNSUPPORTED", "a job acts for nobody: no actor_token");
  const wanted = field("requested_token_type") || ACCESS_TOKEN;
  if (wanted === ACCESS_TOKEN || wanted === REFRESH_TOKEN) return wanted;
  throw new RegistryError("UNSUPPORTED", `requested_token_type must be ${ACCESS_TOKEN} or ${REFRESH_TOKEN}`);
}

/** Loaded when a job comes: most isolates have none. */
async function keepJob(c: Context<AppEnv>, job: JobIdentity) {
  const { exchangeJobToken } = await import("../../registry/trust/job-logins.ts");
  return exchangeJobToken(incoming(c), job);
}

/** Only a job's token is exchanged: a password is none. */
async function exchange(c: Context<AppEnv>, login: Login, scopes: Scope[]): Promise<Identity> {
  const isJob = parseJobName(login.name) && looksLikeToken(login.password);
  const identity = isJob && (await authenticate(incoming(c), login, scopes));
  if (identity && identity.job) return identity;
  throw new RegistryError("UNAUTHORIZED", "subject_token is not the token of a job");
}

/** The login itself, which is no access token: a password of its user's, and a refresh token. */
async function answerLogin(c: Context<AppEnv>, { job }: Identity) {
  const login = job && (await keepJob(c, job));
  if (!login) throw new RegistryError("UNAUTHORIZED", "the job's token says too much to be kept: use it as it is");
  c.header("Cache-Control", "no-store");
  return c.json({
    access_token: login.token,
    issued_token_type: REFRESH_TOKEN,
    token_type: "N_A",
    expires_in: login.lifetime,
  });
}

/**
 * A token for nobody would only be refused later, with words that do not tell a page that its session is over.
 *
 * @throws RegistryError DENIED when another site made the browser ask, UNAUTHORIZED when the session has ended.
 */
async function identityFromSession(c: Context<AppEnv>, cookie: string, scopes: Scope[]): Promise<Identity> {
  requireOwnPage(c);
  const named = { kind: "browser", token: cookie } as const;
  const session = await findSession(incoming(c), named, clientOf(c), { asked: repositoriesOf(scopes) });
  // These tokens can only push and pull, like those of a login command: after the session has ended, they still allow
  // that, and for a token's few minutes.
  if (session) return { ...session.identity, reach: "registry" };
  throw new RegistryError("UNAUTHORIZED", "the session has ended: log in again");
}

/** Docker repeats the parameter, OAuth2 separates scopes by spaces; both are understood in both. */
function scopeTexts(parameters: string[]): string[] {
  return parameters.flatMap((parameter) => parameter.split(" ")).filter(Boolean);
}

/** @throws RegistryError UNSUPPORTED when there are too many. */
function readScopes(c: Context<AppEnv>, texts: string[]): Scope[] {
  if (texts.length > MAX_SCOPES) throw new RegistryError("UNSUPPORTED", `a token has at most ${MAX_SCOPES} scopes`);
  const { defaultOrganization } = c.var.stores.settings;
  const mirror = mirrorOf(c);
  const scopes = texts.flatMap((text) => parseScope(text) ?? []);
  const named = (scope: Scope): Scope[] => {
    if (scope.type !== "repository") return [scope];
    if (mirror === undefined) return [{ ...scope, name: withOrganization(scope.name, defaultOrganization) }];
    // Clients of a mirror ask for what they call an image, and for what a challenge of this registry has called it.
    const below = { ...scope, name: `${mirror}/${scope.name}` };
    return scope.name.startsWith(`${mirror}/`) ? [scope, below] : [below];
  };
  return joinScopes(scopes.flatMap(named));
}

interface Wanted {
  scopes: Scope[];
  client: Client;
  /**
   * Whether the client wants a refresh token as well, or the one that it came with: that stays valid, and OAuth2 clients expect
   * it back.
   */
  refresh: boolean | string;
  /** What a token was exchanged for (RFC 8693, 2.2.1). */
  issued?: typeof ACCESS_TOKEN;
}

async function answer(c: Context<AppEnv>, identity: Identity | undefined, { scopes, client, refresh, issued }: Wanted) {
  const { token: text, issuedAt, lifetime, scopes: granted } = await issueAccessToken(c.var.stores, identity, scopes);
  let refreshToken = typeof refresh === "string" ? refresh : undefined;
  // A login command's credentials are for clients to keep, and a session ends: nothing is to outlive either.
  if (refresh === true && identity?.reach === "account") {
    refreshToken = await issueRefreshToken(c.var.stores, identity, client);
  }
  // A job's token ends before a long build does.
  if (refresh === true && identity?.job) {
    refreshToken = (await keepJob(c, identity.job))?.token;
  }
  c.header("Cache-Control", "no-store");
  return c.json({
    token: text,
    access_token: text,
    token_type: "Bearer",
    ...(issued !== undefined && { issued_token_type: issued }),
    expires_in: lifetime,
    issued_at: issuedAt.toISOString(),
    scope: formatScopes(granted),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  });
}
