/** Requests that are signed with an access key: `model/logins/request-signatures.ts` says how, this file when one is good. */
import type { User } from "../../model/rights/access.ts";
import { isSameText } from "../../model/compare.ts";
import { RegistryError } from "../../kernel/errors.ts";
import {
  canonicalPaths,
  contentHashOf,
  DATE_HEADER,
  parseSignature,
  parseSignatureDate,
  type SignedRequest,
  signatureOf,
} from "../../model/logins/request-signatures.ts";
import { saveSignature } from "../../storage/logins/used-signatures.ts";
import type { Incoming } from "../call.ts";
import { readAccessKey, recordUse } from "./access-keys.ts";
import { identityOf, noteFailedLogin } from "./credentials.ts";

/** How far a client's clock may be off. */
const MAX_SKEW_MS = 15 * 60 * 1000;
/** A date has no fractions, so two equal calls within a second are the same bytes (ADR 0007). */
const REPEATABLE_MS = 2000;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Finds who signed a request.
 *
 * @throws RegistryError UNAUTHORIZED when the signature is not the request's, its date is off, or the request would change
 * something and came before.
 */
export async function verifySignature(
  call: Incoming,
  authorization: string,
  request: SignedRequest,
  address: string | undefined,
): Promise<User> {
  const { stores } = call;
  const { accessKey, signedHeaders, signature } = parseSignature(authorization);
  const date = parseSignatureDate(request.headers.get(DATE_HEADER));
  const age = Date.now() - date.getTime();
  if (Math.abs(age) > MAX_SKEW_MS) throw refusal("X-Sdk-Date is more than 15 minutes off: is the clock right?");

  const { key, secret } = await readAccessKey(stores, accessKey);
  // A proxy may have replaced the host that the client signed by the one that it asks.
  const hosts = signedHeaders.includes("host") ? stores.settings.publicUrls.map((origin) => new URL(origin).host) : [];
  const asSent = [request, ...hosts.map((host) => sentTo(host, request))];
  const contentHash = contentHashOf(request);
  const isRight = canonicalPaths(request.url.pathname).some((path) =>
    asSent.some((sent) => isSameText(signature, signatureOf(secret, sent, signedHeaders, { path, contentHash }))),
  );
  if (!key || !isRight) {
    await noteFailedLogin(stores, accessKey, address);
    throw refusal("authentication required: the access key is wrong, or the signature is not that of the request");
  }
  if (!SAFE_METHODS.has(request.method)) {
    const isFirst = await saveSignature(stores.db, signature, new Date(date.getTime() + MAX_SKEW_MS));
    if (!isFirst && Math.abs(age) > REPEATABLE_MS) throw refusal("this request came before: sign it anew");
  }
  recordUse(call, key);
  return identityOf(key.user, "account").user;
}

function sentTo(host: string, request: SignedRequest): SignedRequest {
  const { headers } = request;
  return { ...request, headers: { get: (name) => (name.toLowerCase() === "host" ? host : headers.get(name)) } };
}

function refusal(message: string): RegistryError {
  return new RegistryError("UNAUTHORIZED", message);
}
