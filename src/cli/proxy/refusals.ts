/** What the proxy itself answers when something fails: errors in the form of OCI distribution-spec ("Error Codes"). */
import type { ServerResponse } from "node:http";
import { ContentMismatch, NetworkLost, ProtocolViolation, RegistryRefusal, UploadLost } from "../../client/errors.ts";
import { reasonOf } from "../explain.ts";
import type { AddressBook } from "./addresses.ts";

/** Headers of a refusal that clients act on. */
const TELLING = ["WWW-Authenticate", "Range", "Retry-After", "Docker-Distribution-Api-Version"];
/** How long a client may go on sending what nobody reads any more. */
const LINGER_MS = 30_000;

export interface Refusal {
  status: number;
  code: string;
  message: string;
  detail?: unknown;
  headers?: Record<string, string>;
}

/** Answers with an error. What the client still sends is read for a while: it looks at the answer only after that. */
export function refuse(response: ServerResponse, { status, code, message, detail, headers }: Refusal): void {
  if (response.headersSent) {
    // Half of another answer is out: all that is left is to break it off.
    response.destroy();
    return;
  }
  const { req: request } = response;
  const body = JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] });
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    ...headers,
    ...(!request.complete && { Connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
  if (request.complete) return;
  request.resume();
  setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
}

/** What to answer for a failure on the way to the registry, or in it. */
export function refusalFor(error: unknown, upstream: URL, addresses: AddressBook): Refusal {
  if (error instanceof RegistryRefusal) {
    const headers: Record<string, string> = {};
    for (const name of TELLING) {
      const value = error.headers.get(name);
      if (value !== null) headers[name] = addresses.rewrite(name, value);
    }
    return { status: error.status, code: error.code, message: error.message, detail: error.detail, headers };
  }
  if (error instanceof UploadLost) return { status: 404, code: "BLOB_UPLOAD_UNKNOWN", message: error.message };
  if (error instanceof ContentMismatch) return { status: 400, code: "SIZE_INVALID", message: error.message };
  if (error instanceof ProtocolViolation) return { status: 502, code: "UNKNOWN", message: error.message };
  if (error instanceof NetworkLost) return unreachable(upstream, error);
  if (isDiskFull(error)) {
    const message = "berth proxy has no room left for what it has to keep: see --spool-dir";
    return { status: 507, code: "UNKNOWN", message };
  }
  return unreachable(upstream, error);
}

function unreachable(upstream: URL, error: unknown): Refusal {
  const message = `berth proxy cannot reach ${upstream.origin}: ${reasonOf(error)}`;
  return { status: 502, code: "UNAVAILABLE", message };
}

function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}
