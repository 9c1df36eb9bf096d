/** The registry's management API, for whom the credentials stand for, over connections of Node. */
import { type Api, createApi } from "../client/api/client.ts";
import type { ApiProblem } from "../client/api/problems.ts";
import { type Credentials, TokenAuthorizer } from "../client/authorization.ts";
import { parseChallenges } from "../kernel/challenge.ts";
import { NetworkLost, ProtocolViolation, RegistryRefusal } from "../client/errors.ts";
import { HttpSender } from "../client/http.ts";
import type { RegistryClient } from "../client/registry-client.ts";
import { DEFAULT_RETRY_POLICY } from "../client/retry.ts";
import { findCredentials } from "./credentials/find.ts";
import { EXIT } from "./exit-codes.ts";
import { reasonOf } from "./explain.ts";
import { Failure } from "./failure.ts";
import { nodeFetch, openConnections } from "./node-fetch.ts";
import type { RegistryAddress } from "./registry-address.ts";

const TIMEOUT_MS = 120_000;

/**
 * Opens the API of a registry as the user of the credentials.
 *
 * @param credentials default: those that are known for the registry.
 * @throws Failure (denied) when there are none; RegistryRefusal when an identity token is not good any more.
 */
export async function openApi(registry: RegistryAddress, credentials?: Credentials): Promise<Api> {
  const authorization = await authorizationFor(registry, credentials ?? (await findCredentials(registry.name)));
  const send = nodeFetch(openConnections());
  return createApi({
    refuse,
    baseUrl: registry.url.origin,
    headers: { Authorization: authorization },
    fetch: async ({ method, url, headers, body }) => {
      const bytes = body && new Uint8Array(await new Response(body).arrayBuffer());
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      try {
        return await send(url, { method, headers, signal, ...(bytes && { body: bytes }) });
      } catch (error) {
        throw connectionFailed(url, error);
      }
    },
  });
}

/**
 * The API by way of a client of the registry, for commands that ask for much and long: what fails in passing is asked again, and
 * tokens are renewed.
 *
 * @param client one that has been asked for something, unless it is anonymous: it knows then where tokens are given.
 */
export function apiThrough(client: RegistryClient, signal: AbortSignal): Api {
  return createApi({
    refuse,
    baseUrl: client.url.origin,
    fetch: ({ method, url, headers }) =>
      client.send(
        { method, url, headers: Object.fromEntries(headers), scopes: [], signal },
        // Read here, so that an answer which breaks off is asked for again.
        async (response) => new Response(await response.arrayBuffer(), response),
      ),
  });
}

async function authorizationFor(registry: RegistryAddress, credentials: Credentials): Promise<string> {
  switch (credentials.kind) {
    case "password":
      return `Basic ${Buffer.from(`${credentials.name}:${credentials.password}`).toString("base64")}`;
    case "bearer":
      return `Bearer ${credentials.token}`;
    case "identity-token":
      return exchangeToken(registry, credentials);
    default:
      throw new Failure(EXIT.denied, `not signed in to ${registry.name}`, {
        hint: `Sign in: berth login ${registry.name}. Or set BERTH_USERNAME and BERTH_PASSWORD.`,
      });
  }
}

/** A token without a scope stands for its user, whom management asks for. */
async function exchangeToken({ url, name }: RegistryAddress, credentials: Credentials): Promise<string> {
  const sender = new HttpSender(nodeFetch(openConnections()), { ...DEFAULT_RETRY_POLICY, attempts: 2 });
  const challenges = await sender.send(
    { method: "GET", url: new URL("/v2/", url), expected: [401] },
    async (response) => {
      await response.body?.cancel();
      return parseChallenges(response.headers.get("WWW-Authenticate"));
    },
  );
  const authorizer = new TokenAuthorizer(url, credentials, sender);
  const header = await authorizer.authorize({ scopes: [], rejected: { authorization: undefined, challenges } });
  if (header === undefined) throw new ProtocolViolation(`${name} does not say where it gives tokens`);
  return header;
}

function connectionFailed(url: string, error: unknown): Error {
  const { origin, pathname } = new URL(url);
  if (error instanceof Error && error.name === "TimeoutError") {
    return new NetworkLost(`${origin}${pathname}: no answer within ${TIMEOUT_MS / 1000} s`, { cause: error });
  }
  return new NetworkLost(`${origin} cannot be reached: ${reasonOf(error)}`, { cause: error });
}

/** A refusal in the registry's words, whichever of its APIs it was; in the status's, when it is no registry's. */
function refuse({ status, statusText, headers }: Response, problems: readonly ApiProblem[]): RegistryRefusal {
  const [first] = problems;
  if (!first) {
    const message = `the registry answered ${status} ${statusText}`.trim();
    return new RegistryRefusal(status, { code: "UNKNOWN", message, detail: undefined }, headers);
  }
  const message = problems.map((problem) => problem.message).join("; ");
  return new RegistryRefusal(status, { code: first.code, message, detail: first.detail }, headers);
}
