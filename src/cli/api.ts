/** The registry's management API, typed by its own description (`npm run api:types`). */
import createClient, { type Client } from "openapi-fetch";
import { type Credentials, TokenAuthorizer } from "../client/authorization.ts";
import { parseChallenges } from "../kernel/challenge.ts";
import { NetworkLost, ProtocolViolation, RegistryRefusal } from "../client/errors.ts";
import { HttpSender } from "../client/http.ts";
import { DEFAULT_RETRY_POLICY } from "../client/retry.ts";
import type { paths } from "../console/api/schema.d.ts";
import { findCredentials } from "./credentials/find.ts";
import { EXIT } from "./exit-codes.ts";
import { reasonOf } from "./explain.ts";
import { Failure } from "./failure.ts";
import { nodeFetch, openConnections } from "./node-fetch.ts";
import type { RegistryAddress } from "./registry-address.ts";

export type Api = Client<paths>;

const TIMEOUT_MS = 120_000;

/**
 * Opens the API of a registry, for whoever the credentials stand for.
 *
 * @param credentials default: those that are known for the registry.
 * @throws Failure (denied) when there are none; RegistryRefusal when an identity token is not good any more.
 */
export async function openApi(registry: RegistryAddress, credentials?: Credentials): Promise<Api> {
  const authorization = await authorizationFor(registry, credentials ?? (await findCredentials(registry.name)));
  const send = nodeFetch(openConnections());
  return createClient<paths>({
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

/** What openapi-fetch answers, as far as it is of use here. */
type Answer<T> = { data: T; error?: never; response: Response } | { data?: never; error: unknown; response: Response };

/**
 * The data of an answer: `unwrap(await api.GET(…))`.
 *
 * @throws RegistryRefusal with the registry's words, whichever of its APIs it was.
 */
export function unwrap<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  throw refusalOf(response, error);
}

/** Reads an error of any of the registry's formats, and of what is no registry's at all. */
export function refusalOf({ status, statusText, headers }: Response, body: unknown): RegistryRefusal {
  const problems = (isRecord(body) && Array.isArray(body["errors"]) ? (body["errors"] as unknown[]) : []).flatMap(
    readProblem,
  );
  const [first] = problems;
  if (!first) {
    const message = `the registry answered ${status} ${statusText}`.trim();
    return new RegistryRefusal(status, { code: "UNKNOWN", message, detail: undefined }, headers);
  }
  const message = problems.map((problem) => problem.message).join("; ");
  return new RegistryRefusal(status, { ...first, message }, headers);
}

function readProblem(problem: unknown): { code: string; message: string; detail: unknown }[] {
  if (!isRecord(problem)) return [];
  const code = problem["code"] ?? problem["errorCode"];
  const message = problem["message"] ?? problem["errorMessage"];
  return typeof code === "string" && typeof message === "string" ? [{ code, message, detail: problem["detail"] }] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
