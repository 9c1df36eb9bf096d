/** The `Authorization` of requests to one registry: Docker token specification, OAuth2 and Basic. */
import type { Challenge } from "../kernel/challenge.ts";
import { tokenServiceOf } from "./token-service.ts";
import { ProtocolViolation } from "./errors.ts";
import type { HttpSender } from "./http.ts";

export type Credentials =
  /** Nobody in particular. */
  | { kind: "anonymous" }
  /** A name and a password: a user's own, or those of a login command. */
  | { kind: "password"; name: string; password: string }
  /** What docker keeps as an identity token: it is exchanged for bearer tokens. */
  | { kind: "identity-token"; token: string }
  /** A bearer token that somebody else has got. */
  | { kind: "bearer"; token: string }
  /** The session cookie of the page that this runs in, or of the page's worker: for the registry that serves the page. */
  | { kind: "session" };

export interface AuthorizationNeed {
  /** As the token specification writes them: `repository:acme/web:pull,push`. */
  scopes: readonly string[];
  /** What was sent last, and refused with 401. */
  rejected?: { authorization: string | undefined; challenges: readonly Challenge[] };
  signal?: AbortSignal | undefined;
}

/** Gives each request its `Authorization` header. */
export interface Authorizer {
  /** @returns undefined for none; after a rejection that ends the matter. */
  authorize: (need: AuthorizationNeed) => Promise<string | undefined>;
}

interface TokenService {
  realm: URL;
  service: string | undefined;
}

interface Token {
  header: string;
  expiresAt: number;
}

const CLIENT_ID = "berth";
/** Docker token specification: a token lives for so long when its service does not say. */
const DEFAULT_LIFETIME_S = 60;
/** A token is renewed before its end, for clocks differ and requests take their time. */
const EARLY_MS = 15_000;

/** Keeps tokens for as long as they live, one for each set of scopes; gets each only once however many requests wait. */
export class TokenAuthorizer implements Authorizer {
  readonly #registry: URL;
  readonly #credentials: Credentials;
  readonly #sender: HttpSender;
  /** Undefined until the registry has said how it wants to be asked. */
  #scheme: "basic" | TokenService | undefined;
  readonly #tokens = new Map<string, Promise<Token>>();

  /** @param base the registry's address. */
  constructor(base: URL, credentials: Credentials, sender: HttpSender) {
    this.#registry = base;
    this.#credentials = credentials;
    this.#sender = sender;
    // Where the service is needs no asking, and browsers write each 401 into their consoles.
    if (credentials.kind === "session") this.#scheme = { realm: new URL("/token", base), service: base.host };
  }

  async authorize({ scopes, rejected, signal }: AuthorizationNeed): Promise<string | undefined> {
    if (this.#credentials.kind === "bearer") return rejected ? undefined : `Bearer ${this.#credentials.token}`;
    let wanted = scopes;
    if (rejected) {
      const challenge = this.#choose(rejected.challenges);
      if (!challenge) return undefined;
      wanted = [...scopes, ...(challenge.parameters["scope"]?.split(" ") ?? [])];
      if (challenge.scheme === "basic" && rejected.authorization !== undefined) return undefined;
    }
    if (this.#scheme === undefined) return undefined;
    if (this.#scheme === "basic") return this.#basic();
    const key = scopes.toSorted().join(" ");
    for (;;) {
      const pending = this.#tokens.get(key);
      const token = await pending?.catch(() => undefined);
      // Other requests that wait for the same token find that its renewal has begun.
      if (this.#tokens.get(key) !== pending) continue;
      if (token && token.expiresAt > Date.now() && token.header !== rejected?.authorization) return token.header;
      const request = this.#request(this.#scheme, mergeScopes(wanted), signal);
      this.#tokens.set(key, request);
      return (await request).header;
    }
  }

  #choose(challenges: readonly Challenge[]): Challenge | undefined {
    const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters["realm"]);
    if (bearer) {
      const realm = tokenServiceOf(bearer, this.#registry);
      // A page's session is for the registry that serves the page, whatever an answer says.
      if (this.#credentials.kind !== "session") this.#scheme = { realm, service: bearer.parameters["service"] };
      return bearer;
    }
    const basic = challenges.find(({ scheme }) => scheme === "basic");
    if (basic && this.#credentials.kind === "password") this.#scheme = "basic";
    return this.#scheme === "basic" ? basic : undefined;
  }

  #basic(): string | undefined {
    if (this.#credentials.kind !== "password") return undefined;
    const { name, password } = this.#credentials;
    const bytes = new TextEncoder().encode(`${name}:${password}`);
    return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  }

  #request({ realm, service }: TokenService, scopes: readonly string[], signal: AbortSignal | undefined) {
    if (this.#credentials.kind === "identity-token") {
      const body = new URLSearchParams({
        grant_type: "refresh_token",
        refresh_token: this.#credentials.token,
        client_id: CLIENT_ID,
        service: service ?? "",
        scope: scopes.join(" "),
      });
      return this.#sender.send({ method: "POST", url: realm, body, signal }, readToken);
    }
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    for (const scope of scopes) url.searchParams.append("scope", scope);
    const authorization = this.#basic();
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    return this.#sender.send({ method: "GET", url, headers, signal }, readToken);
  }
}

async function readToken(response: Response): Promise<Token> {
  const body = (await response.json()) as Record<string, unknown> | null;
  const text = body?.["token"] ?? body?.["access_token"];
  if (typeof text !== "string" || text === "") throw new ProtocolViolation("the token service's answer holds no token");
  const lifetime = Number(body?.["expires_in"]);
  const lifetimeMs = (Number.isFinite(lifetime) && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_S) * 1000;
  return { header: `Bearer ${text}`, expiresAt: Date.now() + Math.max(lifetimeMs - EARLY_MS, lifetimeMs / 2) };
}

/** Each resource once, with all the actions that are asked for. */
function mergeScopes(scopes: readonly string[]): string[] {
  const resources = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const end = scope.lastIndexOf(":");
    if (end <= 0) continue;
    const actions = resources.get(scope.slice(0, end)) ?? new Set();
    for (const action of scope.slice(end + 1).split(",")) actions.add(action);
    resources.set(scope.slice(0, end), actions);
  }
  return Array.from(resources, ([resource, actions]) => `${resource}:${[...actions].join(",")}`);
}
