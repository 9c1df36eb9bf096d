/** Requests to remote registries, which users name: each goes out by the rules of `model/outbound/targets.ts`. */
import { createHash } from "node:crypto";
import type { Credentials } from "../../client/authorization.ts";
import { ProtocolViolation } from "../../client/errors.ts";
import type { Fetch } from "../../client/http.ts";
import { RegistryClient } from "../../client/registry-client.ts";
import type { RetryPolicy } from "../../client/retry.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import type { RemoteRecord } from "../../storage/remotes/remotes.ts";
import type { Stores } from "../stores.ts";
import { decryptRemotePassword } from "./remote-secrets.ts";

/** A registry sends readers of a blob to its storage, and that may send them on once more. */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** How a remote registry is reached. */
export interface RemoteAddress {
  url: string;
  credentials: Credentials;
}

/**
 * A client of a remote registry, with what the account has registered for it.
 *
 * @param own the registry's own address: it is never called.
 * @param retry how often a request is tried; the client's own policy by default.
 */
export async function openRemote(
  stores: Stores,
  remote: RemoteRecord,
  own: { registry: string },
  retry?: Partial<RetryPolicy>,
): Promise<RegistryClient> {
  const password = await decryptRemotePassword(stores, remote);
  return clientOf(stores, { url: remote.url, credentials: credentialsOf(remote.username, password) }, own, retry);
}

/** The same for an address that is not saved yet. */
export function clientOf(
  stores: Stores,
  { url, credentials }: RemoteAddress,
  own: { registry: string },
  retry?: Partial<RetryPolicy>,
): RegistryClient {
  return new RegistryClient({ url, credentials, fetch: fetchBy(stores, own), createHash, ...(retry && { retry }) });
}

export function credentialsOf(username: string | null, password: string | undefined): Credentials {
  if (username === null || password === undefined) return { kind: "anonymous" };
  return { kind: "password", name: username, password };
}

/**
 * `fetch` that asks before each request whether it may go there, also where a registry's token service and redirects lead. What
 * it refuses, it refuses with REMOTE_INVALID.
 */
function fetchBy({ settings }: Stores, own: { registry: string }): Fetch {
  return async (address, { method, headers, body, signal }) => {
    const asked = new URL(address);
    let url = asked;
    for (let redirects = 0; ; redirects += 1) {
      checkTarget(url, settings, own, "REMOTE_INVALID");
      const init = { method, headers, redirect: "manual", signal, ...(body !== undefined && { body }) } as const;
      const response = await fetch(url, init);
      if (!REDIRECTS.has(response.status)) return url.origin === asked.origin ? response : withoutChallenge(response);
      await response.body?.cancel();
      const next = URL.parse(response.headers.get("Location") ?? "", url);
      const isRead = method === "GET" || method === "HEAD";
      if (!isRead || !next || redirects === MAX_REDIRECTS) {
        throw new ProtocolViolation(`${url.host} redirects ${method} requests without an end, or to nowhere`);
      }
      if (next.origin !== url.origin) headers.delete("Authorization");
      url = next;
    }
  };
}

/** The answer of another server, which has no say in where tokens are to be had. */
function withoutChallenge(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.delete("WWW-Authenticate");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
