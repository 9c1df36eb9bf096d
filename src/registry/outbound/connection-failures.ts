/**
 * Why a request of the registry's own got no answer. The runtime's words ("internal error; reference = …") are for those who
 * develop it: they go to the operator's log, and never to users.
 */
import { type Reason, reason } from "../../kernel/reasons.ts";
import { CertificateRefused, TlsError } from "../../tls/index.ts";
import { fetchPrivately } from "./private-tls.ts";

/** What the runtime says of a name that does not resolve and of every TLS handshake that fails, in one text for all. */
const UNEXPLAINED = /^internal error/i;

/**
 * Why there is no answer, as a part of a reason, for what the runtime threw.
 *
 * @param error what `fetch` or a socket threw; what Berth's own TLS client throws has its own words.
 * @param url where the request went.
 */
export function describeConnectionFailure(error: unknown, url: URL): Reason {
  console.warn(`a request to ${url.host} got no answer:`, error);
  if (!UNEXPLAINED.test(messageOf(error))) return reason("CONNECTION_LOST");
  return reason(url.protocol === "https:" ? "UNKNOWN_OR_UNTRUSTED" : "UNKNOWN_OR_SILENT");
}

/**
 * The same for a server that may have a certificate of its own: where the runtime does not tell, the server is asked for
 * its certificate once more. Nothing else is sent to it.
 *
 * @param signal ends the second look as well.
 */
export async function examineConnectionFailure(error: unknown, url: URL, signal: AbortSignal): Promise<Error> {
  if (!(error instanceof Error) || url.protocol !== "https:" || !UNEXPLAINED.test(error.message)) return asError(error);
  try {
    // Without an authority no certificate is believed, so that this always ends with the handshake.
    await fetchPrivately({ method: "HEAD", url, headers: {}, authorities: [], maxBytes: 0, signal });
  } catch (seen) {
    if (seen instanceof CertificateRefused || seen instanceof TlsError) return seen;
  }
  return error;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function messageOf(error: unknown): string {
  return asError(error).message;
}
