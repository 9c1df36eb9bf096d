import type { Context } from "hono";
import { formatChallenge } from "../../kernel/challenge.ts";
import type { RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { addressForClient, urlForClient } from "../public-address.ts";

export const TOKEN_PATH = "/token";
/** Where SWR has its token service, which no challenge names: Harbor's adapter for SWR asks there by itself (ADR 33). */
export const SWR_TOKEN_PATH = "/swr/auth/v2/registry/auth";

/**
 * The `WWW-Authenticate` of a 401: where to get a token, and for what scope (Docker token specification). An error is
 * named only to who came with a token, and tells whether to renew it or to ask for more.
 */
export function challengeFor(c: Context<AppEnv>, error: RegistryError): string {
  const scope = error.is("UNAUTHORIZED") ? error.detail?.scope : undefined;
  const parameters: Record<string, string> = {
    realm: urlForClient(c, TOKEN_PATH),
    service: new URL(addressForClient(c)).host,
  };
  if (scope !== undefined) parameters["scope"] = scope;
  if (/^bearer /i.test(c.req.header("Authorization") ?? "")) {
    parameters["error"] = scope !== undefined ? "insufficient_scope" : "invalid_token";
  }
  return formatChallenge("Bearer", parameters);
}
